import { formatCompact } from "@/lib/format";

/** For an axis of counts: between 0 and 1 there is nothing to write. */
export function countTick(value: number): string {
  return Number.isInteger(value) ? formatCompact(value) : "";
}
