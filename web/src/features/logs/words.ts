import { formatDuration, formatInteger } from "@/lib/format";

import { type LogSummary } from "./api/get-summary";

/** 0.4 → "< 1 ms", 12.3 → "12 ms", 1,234 → "1.2 s". */
export function formatLatency(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1) return "< 1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms);
}

export function keyLabel({ id, name, prefix }: Pick<LogSummary["keys"][number], "id" | "name" | "prefix">): string {
  if (id === "") return "Dashboard, no key";
  return name || prefix || "A deleted key";
}

/** 1 of 8 → "12.5%", none → "0". */
export function formatShare(count: number, total: number): string {
  if (count === 0 || total === 0) return "0";
  const percent = (count / total) * 100;
  return `${formatInteger(count)} (${percent < 0.1 ? "< 0.1" : percent.toFixed(1)}%)`;
}
