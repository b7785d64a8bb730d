import { addDays, addHours, addMonths, addYears, startOfDay, startOfHour, startOfMonth, startOfWeek, startOfYear } from "date-fns";

export interface TimelineSession {
  id: string;
  title: string;
  projectName: string;
  projectPath: string;
  source: string;
  totalTokens: number;
  durationMs: number;
  createdAt: number;
}

/** How times become pixels. */
export interface Scale {
  from: number;
  pxPerMs: number;
}

export interface Block {
  session: TimelineSession;
  x: number;
  width: number;
  /** Sessions that overlap lie in rows below one another. */
  row: number;
}

export interface Lane {
  project: string;
  rows: number;
  blocks: Block[];
}

const MIN_WIDTH = 10;
const GAP = 2;

/** A lane a project, the one with the latest session first; the blocks of a lane go from left to right. */
export function layoutLanes(sessions: readonly TimelineSession[], scale: Scale): Lane[] {
  const projects = new Map<string, TimelineSession[]>();
  for (const session of sessions.filter(hasTime).toSorted((a, b) => b.createdAt - a.createdAt)) {
    const project = session.projectName || session.projectPath;
    const lane = projects.get(project);
    if (lane) lane.push(session);
    else projects.set(project, [session]);
  }
  return [...projects].map(([project, inLane]) => layoutLane(project, inLane.toReversed(), scale));
}

function layoutLane(project: string, sessions: readonly TimelineSession[], { from, pxPerMs }: Scale): Lane {
  const ends: number[] = [];
  const blocks = sessions.map((session): Block => {
    const x = (session.createdAt - from) * pxPerMs;
    const width = Math.max(MIN_WIDTH, session.durationMs * pxPerMs);
    const free = ends.findIndex((end) => end <= x);
    const row = free < 0 ? ends.length : free;
    ends[row] = x + width + GAP;
    return { session, x, width, row };
  });
  return { project, rows: ends.length, blocks };
}

/** First start and last end. */
export function extentOf(sessions: readonly TimelineSession[]): { from: number; to: number } | undefined {
  const timed = sessions.filter(hasTime);
  if (timed.length === 0) return undefined;
  return {
    from: Math.min(...timed.map(({ createdAt }) => createdAt)),
    to: Math.max(...timed.map(({ createdAt, durationMs }) => createdAt + durationMs)),
  };
}

/** Sources send odd times; those have no place in time. */
export function hasTime({ createdAt }: TimelineSession): boolean {
  return createdAt > 0 && !Number.isNaN(new Date(createdAt).getTime());
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Step {
  ms: number;
  unit: "hour" | "day" | "month" | "year";
  floor: (at: number) => Date;
  next: (at: Date) => Date;
}

const hours = (count: number): Step => ({ ms: count * HOUR, unit: "hour", floor: count === 1 ? startOfHour : startOfDay, next: (at) => addHours(at, count) });
const months = (count: number): Step => ({ ms: count * 30 * DAY, unit: "month", floor: count === 1 ? startOfMonth : startOfYear, next: (at) => addMonths(at, count) });
const STEPS: readonly Step[] = [
  hours(1), hours(3), hours(6), hours(12),
  { ms: DAY, unit: "day", floor: startOfDay, next: (at) => addDays(at, 1) },
  { ms: 7 * DAY, unit: "day", floor: (at) => startOfWeek(at, { weekStartsOn: 1 }), next: (at) => addDays(at, 7) },
  months(1), months(3),
  { ms: 365 * DAY, unit: "year", floor: startOfYear, next: (at) => addYears(at, 1) },
];

export interface Tick {
  at: number;
  unit: Step["unit"];
}

/** Round moments of the reader's time zone, at least `minGap` pixels apart where that can be. */
export function ticksBetween(from: number, to: number, pxPerMs: number, minGap: number): Tick[] {
  const step = STEPS.find(({ ms }) => ms * pxPerMs >= minGap) ?? STEPS.at(-1);
  const ticks: Tick[] = [];
  if (!step) return ticks;
  for (let at = step.floor(from); at.getTime() <= to; at = step.next(at)) {
    if (at.getTime() >= from) ticks.push({ at: at.getTime(), unit: step.unit });
  }
  return ticks;
}
