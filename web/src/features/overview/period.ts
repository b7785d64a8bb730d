import { dayFromIso, type Grain, grainsFor, lengthOf, type Period } from "@/lib/analytics-calendar";

import { type OverviewSearch, type Range } from "./search-params";

export const USUAL_RANGE: Range = "30";

/** What is asked of the server: without a first day, from the beginning. */
export interface Asked {
  first: number | undefined;
  last: number;
  /** Whatever time it says it is of, even the future. */
  isAll: boolean;
}

export function askedOf({ range = USUAL_RANGE, from, to }: OverviewSearch, today: number): Asked {
  switch (range) {
    case "all":
      return { first: undefined, last: today, isAll: true };
    case "custom": {
      const last = to === undefined ? today : dayFromIso(to);
      const first = from === undefined ? undefined : dayFromIso(from);
      // Ends that were given the wrong way round are still two ends.
      return first === undefined ? { first, last, isAll: false } : { first: Math.min(first, last), last: Math.max(first, last), isAll: false };
    }
    default:
      return { first: today - Number(range) + 1, last: today, isAll: false };
  }
}

/** The days that are shown: what is open ends where there are no more sessions. */
export function shownPeriod({ first, last, isAll }: Asked, found: Period | undefined): Period {
  const end = isAll ? Math.max(last, found?.last ?? last) : last;
  return { first: Math.min(first ?? found?.first ?? end, end), last: end };
}

/** Days up to two months, then weeks, then months, unless the address says otherwise and it fits. */
export function grainOf(period: Period, wanted: Grain | undefined): Grain {
  const possible = grainsFor(period);
  if (wanted !== undefined && possible.includes(wanted)) return wanted;
  const days = lengthOf(period);
  const usual = days <= 62 ? "day" : days <= 400 ? "week" : "month";
  return possible.includes(usual) ? usual : (possible[0] ?? "month");
}
