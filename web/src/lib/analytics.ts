// Sums of sessions, folded in the browser: the server adds up by quarter of an hour, agent, model,
// provider and project; which day that is, depends on where the reader lives.
import { type Usage } from "@/types/api";

import { type Clocks, contains, DAY_MS, type Grain, HOUR_MS, type Period, startOf, startsIn, weekdayOf } from "./analytics-calendar";
import { providerOf } from "./analytics-providers";

export const MEASURES = ["sessions", "messages", "promptTokens", "completionTokens", "totalTokens", "cacheReadTokens", "cacheWriteTokens", "cost", "durationMs"] as const;
export type Measure = (typeof MEASURES)[number];
export type Sums = Record<Measure, number>;

export const DIMENSIONS = ["model", "project", "source", "provider"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** The server's rows with the day and hour they fall on here. Names that are not known are "". */
export interface LocalUsage {
  readonly size: number;
  readonly day: readonly number[];
  readonly hour: readonly number[];
  readonly values: Readonly<Record<Measure, readonly number[]>>;
  readonly names: Readonly<Record<Dimension, readonly string[]>>;
  /** Of each row, its place among the names. */
  readonly places: Readonly<Record<Dimension, readonly number[]>>;
  readonly lastActive: readonly number[];
}

export function localUsage({ names, lastActive, rows }: Usage, clocks: Clocks): LocalUsage {
  const local = rows.hour.map((hour) => hour * HOUR_MS + clocks(hour * HOUR_MS));
  const providers = inferredProviders(names, rows);
  return {
    size: rows.hour.length,
    day: local.map((at) => Math.floor(at / DAY_MS)),
    hour: local.map((at) => Math.floor(at / HOUR_MS) - Math.floor(at / DAY_MS) * 24),
    values: rows,
    names: { ...names, provider: providers.names },
    places: { source: rows.source, model: rows.model, project: rows.project, provider: providers.places },
    lastActive,
  };
}

function inferredProviders(names: Usage["names"], rows: Usage["rows"]) {
  const found: string[] = [];
  const known = new Map<string, number>();
  const places = rows.provider.map((stored, row) => {
    const pair = `${stored} ${rows.model[row] ?? 0}`;
    let place = known.get(pair);
    if (place === undefined) {
      const name = providerOf(names.provider[stored] ?? "", names.model[rows.model[row] ?? 0] ?? "");
      place = found.indexOf(name);
      if (place < 0) place = found.push(name) - 1;
      known.set(pair, place);
    }
    return place;
  });
  return { names: found, places };
}

/** Of each dimension any of the names; none means all. */
export type Filter = Partial<Record<Dimension, readonly string[]>>;

/** The rows of the period (all without one) that the filter leaves. */
export function rowsOf(usage: LocalUsage, filter: Filter, period?: Period): number[] {
  const wanted = DIMENSIONS.flatMap((dimension) => {
    const names = filter[dimension];
    if (names === undefined || names.length === 0) return [];
    return [{ places: usage.places[dimension], some: new Set(names.map((name) => usage.names[dimension].indexOf(name))) }];
  });
  const rows: number[] = [];
  for (let row = 0; row < usage.size; row++) {
    if (period && !contains(period, usage.day[row] ?? NaN)) continue;
    if (wanted.every(({ places, some }) => some.has(places[row] ?? 0))) rows.push(row);
  }
  return rows;
}

/** The days from the first to the last that has a session. */
export function periodOf(usage: LocalUsage): Period | undefined {
  let first = Infinity;
  let last = -Infinity;
  for (const day of usage.day) {
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  return first > last ? undefined : { first, last };
}

export interface Totals extends Sums {
  models: number;
  projects: number;
  activeDays: number;
}

export function totalsOf(usage: LocalUsage, rows: readonly number[]): Totals {
  const different = (dimension: Dimension) => named(usage, dimension, rows.map((row) => usage.places[dimension][row] ?? 0));
  return {
    ...sumsOf(usage, rows),
    models: different("model"),
    projects: different("project"),
    activeDays: new Set(rows.map((row) => usage.day[row])).size,
  };
}

/** How many different names stand at these places, those that are not known apart. */
function named(usage: LocalUsage, dimension: Dimension, places: Iterable<number>): number {
  const seen = new Set(places);
  seen.delete(usage.names[dimension].indexOf(""));
  return seen.size;
}

function sumsOf(usage: LocalUsage, rows: readonly number[]): Sums {
  const sums = noSums();
  for (const row of rows) add(sums, usage, row);
  return sums;
}

function noSums(): Sums {
  return { sessions: 0, messages: 0, promptTokens: 0, completionTokens: 0, totalTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, cost: 0, durationMs: 0 };
}

function add(sums: Sums, usage: LocalUsage, row: number): void {
  for (const measure of MEASURES) sums[measure] += usage.values[measure][row] ?? 0;
}

export interface Group extends Sums {
  name: string;
  /** Only of projects. */
  lastActive: number;
}

/** Sums by name, the one with the most tokens first. */
export function groupsOf(usage: LocalUsage, rows: readonly number[], dimension: Dimension): Group[] {
  const groups = new Map<number, Group>();
  for (const row of rows) {
    const place = usage.places[dimension][row] ?? 0;
    let group = groups.get(place);
    if (!group) {
      const lastActive = dimension === "project" ? (usage.lastActive[place] ?? 0) : 0;
      group = { name: usage.names[dimension][place] ?? "", lastActive, ...noSums() };
      groups.set(place, group);
    }
    add(group, usage, row);
  }
  return [...groups.values()].sort(byMost("totalTokens"));
}

/** The most first; what is equal by name, so that the order never depends on chance. */
export function byMost(measure: Measure): (a: Group, b: Group) => number {
  return (a, b) => b[measure] - a[measure] || b.sessions - a.sessions || (a.name < b.name ? -1 : 1);
}

export interface Line {
  /** Absent for what is left when the largest are named. */
  name: string | undefined;
  values: number[];
  total: number;
}

export interface Series {
  /** The first day of each day, week or month. */
  starts: number[];
  lines: Line[];
}

/** A measure over time, one line for each of the `most` largest names and one for all others. */
export function seriesOf(
  usage: LocalUsage,
  rows: readonly number[],
  { period, grain, measure, dimension, most }: { period: Period; grain: Grain; measure: Measure; dimension: Dimension; most: number },
): Series {
  const { starts, bucketOf } = bucketsOf(period, grain);
  const largest = groupsOf(usage, rows, dimension).sort(byMost(measure)).slice(0, most);
  const lines: Line[] = largest.map(({ name }) => newLine(name, starts.length));
  const others = newLine(undefined, starts.length);
  const lineAt = new Map(lines.map((line) => [usage.names[dimension].indexOf(line.name ?? ""), line]));
  for (const row of rows) {
    const line = lineAt.get(usage.places[dimension][row] ?? 0) ?? others;
    addTo(line, bucketOf(usage.day[row] ?? 0), usage.values[measure][row] ?? 0);
  }
  return { starts, lines: [...lines, others].filter((line) => line.total > 0) };
}

/** Several measures over time, a line each; its name is the measure's. */
export function measuresOf(
  usage: LocalUsage,
  rows: readonly number[],
  { period, grain, measures }: { period: Period; grain: Grain; measures: readonly Measure[] },
): Series {
  const { starts, bucketOf } = bucketsOf(period, grain);
  const lines = measures.map((measure) => newLine(measure, starts.length));
  for (const row of rows) {
    const bucket = bucketOf(usage.day[row] ?? 0);
    measures.forEach((measure, index) => {
      const line = lines[index];
      if (line) addTo(line, bucket, usage.values[measure][row] ?? 0);
    });
  }
  return { starts, lines };
}

/** How many different names there are in each day, week or month. */
export function namesOf(
  usage: LocalUsage,
  rows: readonly number[],
  { period, grain, dimension }: { period: Period; grain: Grain; dimension: Dimension },
): number[] {
  const { starts, bucketOf } = bucketsOf(period, grain);
  const places = starts.map((): number[] => []);
  for (const row of rows) places[bucketOf(usage.day[row] ?? 0)]?.push(usage.places[dimension][row] ?? 0);
  return places.map((some) => named(usage, dimension, some));
}

function bucketsOf(period: Period, grain: Grain) {
  const starts = startsIn(period, grain);
  const places = new Map(starts.map((start, place) => [start, place]));
  return { starts, bucketOf: (day: number) => places.get(startOf(day, grain)) ?? 0 };
}

function newLine(name: string | undefined, length: number): Line {
  return { name, values: new Array<number>(length).fill(0), total: 0 };
}

function addTo(line: Line, bucket: number, value: number): void {
  line.values[bucket] = (line.values[bucket] ?? 0) + value;
  line.total += value;
}

/** Each value with all before it. */
export function cumulated(series: Series): Series {
  const lines = series.lines.map((line) => {
    let sum = 0;
    return { ...line, values: line.values.map((value) => (sum += value)) };
  });
  return { ...series, lines };
}

/** A measure by weekday (Monday first) and hour of the day. */
export function weekOf(usage: LocalUsage, rows: readonly number[], measure: Measure): number[][] {
  const week = Array.from({ length: 7 }, () => new Array<number>(24).fill(0));
  for (const row of rows) {
    const hours = week[weekdayOf(usage.day[row] ?? 0)];
    const hour = usage.hour[row] ?? 0;
    if (hours) hours[hour] = (hours[hour] ?? 0) + (usage.values[measure][row] ?? 0);
  }
  return week;
}

/** By how much it grew, 0.5 for a half more; nothing when there was nothing before. */
export function growth(now: number, before: number): number | undefined {
  return before > 0 ? (now - before) / before : undefined;
}

/** 0 where there is nothing to divide by. */
export function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
