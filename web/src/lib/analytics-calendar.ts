// Days and hours as people see them. A day is a number, days since 1970-01-01 in the reader's own
// calendar, so that days of 23 or 25 hours need no thought once a time has become a day.

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const GRAINS = ["day", "week", "month"] as const;
export type Grain = (typeof GRAINS)[number];

/** Days from `first` to `last`, both in it. */
export interface Period {
  first: number;
  last: number;
}

/** How far the clocks of a place are ahead of UTC at a moment, in milliseconds. */
export type Clocks = (at: number) => number;

export function clocksOf(timeZone: string): Clocks {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const exact = (at: number): number => {
    const parts = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of format.formatToParts(at)) {
      if (type in parts) parts[type as keyof typeof parts] = Number(value);
    }
    const shown = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
    return shown - Math.floor(at / 1000) * 1000;
  };
  // Asking Intl is slow, and clocks seldom change: a day of UTC at whose ends they agree is asked once.
  const steady = new Map<number, number | undefined>();
  return (at) => {
    const day = Math.floor(at / DAY_MS);
    if (!steady.has(day)) {
      const offset = exact(day * DAY_MS);
      steady.set(day, offset === exact((day + 1) * DAY_MS) ? offset : undefined);
    }
    return steady.get(day) ?? exact(at);
  };
}

export function dayAt(at: number, clocks: Clocks): number {
  return Math.floor((at + clocks(at)) / DAY_MS);
}

/** Moments between which all of the period lies, wherever on Earth its days are lived. */
export function momentsOf({ first, last }: Period): { from: number; to: number } {
  return { from: Math.max(0, first * DAY_MS - 14 * HOUR_MS), to: (last + 1) * DAY_MS + 12 * HOUR_MS };
}

export function lengthOf({ first, last }: Period): number {
  return last - first + 1;
}

/** The days just before, as many. */
export function periodBefore(period: Period): Period {
  return { first: period.first - lengthOf(period), last: period.first - 1 };
}

export function contains({ first, last }: Period, day: number): boolean {
  return first <= day && day <= last;
}

/** 0 is Monday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** The first day of the day's week or month, whether or not a period reaches back to it. */
export function startOf(day: number, grain: Grain): number {
  if (grain === "day") return day;
  if (grain === "week") return day - weekdayOf(day);
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY_MS;
}

function nextStart(start: number, grain: Grain): number {
  if (grain === "day") return start + 1;
  if (grain === "week") return start + 7;
  return startOf(start + 31, "month");
}

/** The starts of all days, weeks or months that the period touches. */
export function startsIn({ first, last }: Period, grain: Grain): number[] {
  const starts: number[] = [];
  for (let start = startOf(first, grain); start <= last; start = nextStart(start, grain)) starts.push(start);
  return starts;
}

const MOST_BARS = 190;

/** The grains whose bars can still be told apart over so many days. */
export function grainsFor(period: Period): Grain[] {
  const days = lengthOf(period);
  return GRAINS.filter((grain) => grain === "month" || days / (grain === "day" ? 1 : 7) <= MOST_BARS);
}

/** `YYYY-MM-DD`. */
export function isoDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function dayFromIso(text: string): number {
  return Date.parse(`${text}T00:00:00Z`) / DAY_MS;
}

const short = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", day: "numeric", month: "short" });
const long = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
const month = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", month: "short", year: "numeric" });
const weekday = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short", year: "numeric" });

/** For an axis, where there is little room. */
export function tickLabel(start: number, grain: Grain, period: Period): string {
  return grain === "month" ? month.format(start * DAY_MS) : short.format(Math.max(start, period.first) * DAY_MS);
}

/** What a bar stands for, cut to the period it is of. */
export function bucketLabel(start: number, grain: Grain, period: Period): string {
  if (grain === "month") return month.format(start * DAY_MS);
  if (grain === "day") return weekday.format(start * DAY_MS);
  return periodLabel({ first: Math.max(start, period.first), last: Math.min(start + 6, period.last) });
}

export function periodLabel({ first, last }: Period): string {
  if (first === last) return long.format(first * DAY_MS);
  const isOneYear = isoDay(first).slice(0, 4) === isoDay(last).slice(0, 4);
  return `${(isOneYear ? short : long).format(first * DAY_MS)} – ${long.format(last * DAY_MS)}`;
}
