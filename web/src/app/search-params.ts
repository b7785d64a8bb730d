import { type SessionFilter } from "@/lib/query-keys";

/** Whatever the address bar holds, the page gets strings or nothing. */
export function parseSessionsSearch(search: Record<string, unknown>): SessionFilter {
  return { source: text(search.source), q: text(search.q) };
}

// The router reads `?q=42` as a number.
function text(value: unknown): string | undefined {
  const string = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof string === "string" && string !== "" ? string.slice(0, 500) : undefined;
}
