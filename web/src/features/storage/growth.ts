import { type Amount, type Week } from "./api/get-storage";

const WEEK_MS = 7 * 86_400_000;
const MOST_WEEKS = 104;

export const MEASURES = ["bytes", "sessions", "messages", "parts"] as const satisfies readonly (keyof Amount)[];
export type Measure = (typeof MEASURES)[number];

export interface Growth {
  /** Mondays, midnight UTC, without gaps. */
  starts: number[];
  /** What was there when the week began, and what came in it. */
  before: number[];
  added: number[];
}

/** From the first week in which something came, up to now; the last two years of it. */
export function growthOf(weeks: readonly Week[], measure: Measure, now: number): Growth {
  const growth: Growth = { starts: [], before: [], added: [] };
  const first = weeks[0]?.start;
  if (first === undefined) return growth;
  const amounts = new Map(weeks.map((week) => [week.start, week[measure]]));
  const last = Math.max(now, weeks.at(-1)?.start ?? now);
  let total = 0;
  for (let start = first; start <= last; start += WEEK_MS) {
    const amount = amounts.get(start) ?? 0;
    growth.starts.push(start);
    growth.before.push(total);
    growth.added.push(amount);
    total += amount;
  }
  return { starts: growth.starts.slice(-MOST_WEEKS), before: growth.before.slice(-MOST_WEEKS), added: growth.added.slice(-MOST_WEEKS) };
}
