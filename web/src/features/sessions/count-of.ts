import { formatInteger } from "@/lib/format";

export function countOf(sessions: number): string {
  return `${formatInteger(sessions)} ${sessions === 1 ? "session" : "sessions"}`;
}
