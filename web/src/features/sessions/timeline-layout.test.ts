import { expect, it } from "vitest";

import { extentOf, layoutLanes, ticksBetween, type TimelineSession } from "./timeline-layout";

const HOUR = 3_600_000;
const scale = { from: 1000 * HOUR, pxPerMs: 10 / HOUR };
const session = (id: string, startHour: number, hours: number, projectName = "web"): TimelineSession => ({
  id, projectName, projectPath: "", title: id, source: "pi", totalTokens: 0, createdAt: (1000 + startHour) * HOUR, durationMs: hours * HOUR,
});

it("places sessions by their start and makes them as wide as they are long", () => {
  const [lane] = layoutLanes([session("b", 10, 0), session("a", 2, 5)], scale);
  expect(lane?.blocks.map(({ session: { id }, x, width, row }) => ({ id, x, width, row }))).toEqual([
    { id: "a", x: 20, width: 50, row: 0 },
    { id: "b", x: 100, width: 10, row: 0 },
  ]);
});

it("lays overlapping sessions below one another, and uses a row again when it is free", () => {
  const [lane] = layoutLanes([session("a", 0, 10), session("b", 5, 10), session("c", 12, 1), session("d", 13, 1)], scale);
  expect([lane?.rows, lane?.blocks.map(({ row }) => row)]).toEqual([3, [0, 1, 0, 2]]);
});

it("gives each project a lane, the latest first", () => {
  const lanes = layoutLanes([session("a", 0, 1, "old"), session("b", 9, 1, "new"), session("c", 5, 1, "old")], scale);
  expect(lanes.map(({ project, blocks }) => [project, blocks.length])).toEqual([["new", 1], ["old", 2]]);
});

it("leaves out sessions without a time", () => {
  const odd = { ...session("a", 0, 1), createdAt: 0 };
  expect(layoutLanes([odd, { ...odd, createdAt: 9e15 }], scale)).toEqual([]);
  expect([extentOf([odd]), extentOf([odd, session("b", 1, 2)])]).toEqual([undefined, { from: 1001 * HOUR, to: 1003 * HOUR }]);
});

it("marks round moments that are far enough apart", () => {
  const from = new Date(2026, 0, 1, 0, 30).getTime();
  const to = new Date(2026, 0, 3, 12).getTime();
  const at = (minGap: number) => ticksBetween(from, to, 10 / HOUR, minGap).map((tick) => [tick.unit, new Date(tick.at).getHours()]);
  expect(at(100)).toEqual([["hour", 12], ["hour", 0], ["hour", 12], ["hour", 0], ["hour", 12]]);
  expect(at(200)).toEqual([["day", 0], ["day", 0]]);
  const years = ticksBetween(1, to, 1e-9, 90);
  expect([years.length < 100, years[0]?.unit]).toEqual([true, "year"]);
});
