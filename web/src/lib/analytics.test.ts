import { expect, it } from "vitest";

import { type Usage } from "@/types/api";

import { cumulated, groupsOf, growth, localUsage, measuresOf, namesOf, ratio, rowsOf, seriesOf, totalsOf, weekOf } from "./analytics";
import { clocksOf, dayFromIso, HOUR_MS } from "./analytics-calendar";

interface Sent {
  at: string;
  source?: string;
  model?: string;
  provider?: string;
  project?: string;
  prompt?: number;
  completion?: number;
  cost?: number;
  sessions?: number;
  messages?: number;
  seconds?: number;
  updated?: number;
}

/** The server's answer for these rows. */
function usageOf(sent: readonly Sent[]): Usage {
  const numbered = (of: (row: Sent) => string) => {
    const names = [...new Set(sent.map(of))];
    return { names, places: sent.map((row) => names.indexOf(of(row))) };
  };
  const [source, model, provider, project] = [
    numbered((row) => row.source ?? "claude-code"),
    numbered((row) => row.model ?? ""),
    numbered((row) => row.provider ?? ""),
    numbered((row) => row.project ?? ""),
  ];
  const zeros = sent.map(() => 0);
  return {
    names: { source: source.names, model: model.names, provider: provider.names, project: project.names },
    lastActive: project.names.map((_, place) => Math.max(...sent.map((row, at) => (project.places[at] === place ? (row.updated ?? 0) : 0)))),
    rows: {
      hour: sent.map((row) => Date.parse(row.at) / HOUR_MS),
      source: source.places,
      model: model.places,
      provider: provider.places,
      project: project.places,
      sessions: sent.map((row) => row.sessions ?? 1),
      messages: sent.map((row) => row.messages ?? 0),
      promptTokens: sent.map((row) => row.prompt ?? 0),
      completionTokens: sent.map((row) => row.completion ?? 0),
      totalTokens: sent.map((row) => (row.prompt ?? 0) + (row.completion ?? 0)),
      cacheReadTokens: zeros,
      cacheWriteTokens: zeros,
      cost: sent.map((row) => row.cost ?? 0),
      durationMs: sent.map((row) => (row.seconds ?? 0) * 1000),
    },
  };
}

function local(sent: readonly Sent[], timeZone = "UTC") {
  return localUsage(usageOf(sent), clocksOf(timeZone));
}

// Eight rows of two weeks; the sums in the tests below were added up on paper.
const GOLDEN: readonly Sent[] = [
  { at: "2026-03-02T09:00Z", model: "claude-opus-4-1", project: "api", prompt: 1000, completion: 200, cost: 0.5, messages: 4, seconds: 60, updated: 10 },
  { at: "2026-03-02T23:30Z", model: "gpt-5", provider: "openai-oauth", source: "codex-cli", project: "api", prompt: 500, completion: 100, cost: 0.25, messages: 2, seconds: 30, updated: 30 },
  { at: "2026-03-04T14:15Z", model: "claude-opus-4-1", project: "web", prompt: 3000, completion: 1000, cost: 2, messages: 10, seconds: 600, sessions: 2, updated: 20 },
  { at: "2026-03-08T22:00Z", model: "gpt-5", source: "codex-cli", project: "web", prompt: 100, completion: 50, cost: 0.05, messages: 3, seconds: 10 },
  { at: "2026-03-09T08:00Z", model: "", project: "", prompt: 0, completion: 0, cost: 0, messages: 1 },
  { at: "2026-03-10T08:00Z", model: "o3", provider: "", project: "cli", prompt: 40, completion: 10, cost: 0.2, messages: 1, seconds: 5, updated: 5 },
  { at: "2026-03-14T00:00Z", model: "claude-opus-4-1", project: "cli", prompt: 700, completion: 0, cost: 0.1, messages: 6, seconds: 100 },
  { at: "2026-03-15T23:45Z", model: "gemini-2.5-pro", source: "pi", project: "api", prompt: 60, completion: 40, cost: 0.4, messages: 2, seconds: 20 },
];
const MARCH = { first: dayFromIso("2026-03-02"), last: dayFromIso("2026-03-15") };

it("adds up everything of the period, and counts what is known by name", () => {
  const usage = local(GOLDEN);
  expect(totalsOf(usage, rowsOf(usage, {}, MARCH))).toEqual({
    sessions: 9,
    messages: 29,
    promptTokens: 5400,
    completionTokens: 1400,
    totalTokens: 6800,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cost: expect.closeTo(3.5) as number,
    durationMs: 825_000,
    models: 4,
    projects: 3,
    activeDays: 7,
  });
});

it("takes from a period what began on its days, the first and the last in it", () => {
  const usage = local(GOLDEN);
  const week = { first: dayFromIso("2026-03-09"), last: dayFromIso("2026-03-14") };
  expect(totalsOf(usage, rowsOf(usage, {}, week))).toMatchObject({ sessions: 3, totalTokens: 750, activeDays: 3 });
});

it("narrows to any of the names of each filter, and to all filters at once", () => {
  const usage = local(GOLDEN);
  const cost = (filter: Parameters<typeof rowsOf>[1]) => totalsOf(usage, rowsOf(usage, filter)).cost;
  expect(cost({ model: ["claude-opus-4-1"] })).toBeCloseTo(2.6);
  expect(cost({ model: ["claude-opus-4-1", "gpt-5"], project: ["web"] })).toBeCloseTo(2.05);
  expect(cost({ model: ["never heard of"] })).toBe(0);
  expect(cost({ model: [] })).toBeCloseTo(3.5);
});

it("costs what each model cost, not a share of all costs", () => {
  const usage = local(GOLDEN);
  const series = seriesOf(usage, rowsOf(usage, {}, MARCH), { period: MARCH, grain: "week", measure: "cost", dimension: "model", most: 2 });
  expect(series.starts).toEqual([dayFromIso("2026-03-02"), dayFromIso("2026-03-09")]);
  expect(series.lines.map(({ name }) => name)).toEqual(["claude-opus-4-1", "gemini-2.5-pro", undefined]);
  const values = series.lines.map((line) => line.values.map((value) => Number(value.toFixed(4))));
  expect(values).toEqual([
    [2.5, 0.1],
    [0, 0.4],
    [0.3, 0.2],
  ]);
});

it("has a place for days on which nothing was done, and heaps values up", () => {
  const usage = local(GOLDEN);
  const period = { first: MARCH.first, last: MARCH.first + 3 };
  const series = measuresOf(usage, rowsOf(usage, {}, period), { period, grain: "day", measures: ["promptTokens", "completionTokens"] });
  expect(series.lines.map(({ values }) => values)).toEqual([
    [1500, 0, 3000, 0],
    [300, 0, 1000, 0],
  ]);
  expect(cumulated(series).lines[0]?.values).toEqual([1500, 1500, 4500, 4500]);
});

it("groups by provider, which the model tells where the agent did not", () => {
  const usage = local(GOLDEN);
  const groups = groupsOf(usage, rowsOf(usage, {}), "provider");
  expect(groups.map(({ name, sessions, totalTokens }) => [name, sessions, totalTokens])).toEqual([
    ["anthropic", 4, 5900],
    ["openai", 3, 800],
    ["google", 1, 100],
    ["", 1, 0],
  ]);
});

it("knows when a project was last worked on", () => {
  const usage = local(GOLDEN);
  const groups = groupsOf(usage, rowsOf(usage, {}), "project");
  expect(groups.map(({ name, lastActive }) => [name, lastActive])).toEqual([["web", 20], ["api", 30], ["cli", 5], ["", 0]]);
});

it("counts different names per day, what is unknown apart", () => {
  const usage = local(GOLDEN);
  const period = { first: dayFromIso("2026-03-02"), last: dayFromIso("2026-03-15") };
  expect(namesOf(usage, rowsOf(usage, {}), { period, grain: "week", dimension: "model" })).toEqual([2, 3]);
});

it("puts a session on the day and into the hour of the reader's clock", () => {
  // 23:30 in London is 00:30 of the next day in Berlin, and a day earlier in Los Angeles.
  const sent = [{ at: "2026-03-02T23:30Z" }];
  const spot = (timeZone: string) => {
    const usage = local(sent, timeZone);
    return [usage.day[0], usage.hour[0]];
  };
  const day = dayFromIso("2026-03-02");
  expect(spot("UTC")).toEqual([day, 23]);
  expect(spot("Europe/Berlin")).toEqual([day + 1, 0]);
  expect(spot("America/Los_Angeles")).toEqual([day, 15]);
  expect(spot("Asia/Kathmandu")).toEqual([day + 1, 5]);
  // A quarter of an hour decides: midnight in Kathmandu is 18:15 UTC.
  expect(local([{ at: "2026-03-02T18:00Z" }], "Asia/Kathmandu").day).toEqual([day]);
  expect(local([{ at: "2026-03-02T18:15Z" }], "Asia/Kathmandu").day).toEqual([day + 1]);
});

it("loses and doubles nothing on days of 23 and of 25 hours", () => {
  // One session each hour from midnight to midnight in Berlin; clocks change on 29 March and 25 October.
  const hourly = (from: string, hours: number) => Array.from({ length: hours }, (_, hour) => ({ at: new Date(Date.parse(from) + hour * HOUR_MS).toISOString() }));
  for (const [day, from, hours] of [
    ["2026-03-29", "2026-03-28T23:00Z", 23],
    ["2026-10-25", "2026-10-24T22:00Z", 25],
  ] as const) {
    const usage = local(hourly(from, hours + 1), "Europe/Berlin");
    const first = dayFromIso(day);
    const series = seriesOf(usage, rowsOf(usage, {}), { period: { first, last: first + 1 }, grain: "day", measure: "sessions", dimension: "source", most: 1 });
    expect(series.lines[0]?.values).toEqual([hours, 1]);
  }
});

it("shows in the heat map the weekday and hour of the reader", () => {
  const usage = local([{ at: "2026-03-08T23:15Z", sessions: 3 }, { at: "2026-10-25T00:30Z" }, { at: "2026-10-25T01:30Z" }], "Europe/Berlin");
  const week = weekOf(usage, rowsOf(usage, {}), "sessions");
  expect(week[0]?.[0]).toBe(3);
  // Half past two came twice on that Sunday.
  expect(week[6]?.[2]).toBe(2);
  expect(week.flat().reduce((sum, value) => sum + value, 0)).toBe(5);
});

it("does not divide by nothing", () => {
  expect(growth(3, 2)).toBe(0.5);
  expect(growth(1, 4)).toBe(-0.75);
  expect(growth(5, 0)).toBeUndefined();
  expect(ratio(5, 0)).toBe(0);
});
