import { endOfDay, format, isValid, parseISO, startOfDay, subDays } from "date-fns";

import { formatDate } from "./format";

/** Days as `YYYY-MM-DD` in the reader's time zone; both ends belong to the span, either may be open. */
export interface DayRange {
  from?: string;
  to?: string;
}

export const DAY_PRESETS = [
  { label: "Today", days: 1 },
  { label: "Last 7 days", days: 7 },
  { label: "Last 30 days", days: 30 },
  { label: "Last 90 days", days: 90 },
] as const;

/** The last `days` days, today among them; its end stays open, so that the link does not grow old at midnight. */
export function presetRange(days: number, now: number): DayRange {
  return { from: dayOf(subDays(now, days - 1).getTime()), to: undefined };
}

export function dayOf(at: number): string {
  return format(at, "yyyy-MM-dd");
}

/** From the address bar: a day that exists, or nothing. */
export function dayParam(value: unknown): string | undefined {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && isValid(parseISO(value)) ? value : undefined;
}

/** First and last millisecond of the span. */
export function rangeBounds({ from, to }: DayRange): { from?: number; to?: number } {
  return {
    from: from === undefined ? undefined : startOfDay(parseISO(from)).getTime(),
    to: to === undefined ? undefined : endOfDay(parseISO(to)).getTime(),
  };
}

export function dayLabel({ from, to }: DayRange): string | undefined {
  if (from !== undefined && to !== undefined) return from === to ? shortDay(from) : `${shortDay(from)} – ${shortDay(to)}`;
  if (from !== undefined) return `Since ${shortDay(from)}`;
  return to === undefined ? undefined : `Until ${shortDay(to)}`;
}

function shortDay(day: string): string {
  return formatDate(parseISO(day).getTime());
}
