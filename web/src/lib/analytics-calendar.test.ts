import { expect, it } from "vitest";

import { bucketLabel, clocksOf, dayAt, dayFromIso, grainsFor, isoDay, momentsOf, periodBefore, periodLabel, startsIn, weekdayOf } from "./analytics-calendar";

const days = (first: string, last: string) => ({ first: dayFromIso(first), last: dayFromIso(last) });

it("knows how far clocks are ahead, to the minute of a change", () => {
  const berlin = clocksOf("Europe/Berlin");
  const minutes = (at: string) => berlin(Date.parse(at)) / 60_000;
  expect(minutes("2026-03-29T00:59:59Z")).toBe(60);
  expect(minutes("2026-03-29T01:00:00Z")).toBe(120);
  expect(minutes("2026-10-25T00:59:59Z")).toBe(120);
  expect(minutes("2026-10-25T01:00:00Z")).toBe(60);
  expect(clocksOf("Asia/Kathmandu")(0) / 60_000).toBe(330);
  expect(clocksOf("Pacific/Kiritimati")(Date.parse("2026-01-01T00:00Z")) / 60_000).toBe(14 * 60);
});

it("asks for moments that hold the whole period everywhere on Earth", () => {
  const period = days("2026-03-01", "2026-03-02");
  const { from, to } = momentsOf(period);
  for (const timeZone of ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"]) {
    const clocks = clocksOf(timeZone);
    expect(dayAt(from - 1, clocks)).toBeLessThan(period.first);
    expect(dayAt(to, clocks)).toBeGreaterThan(period.last);
  }
});

it("begins weeks on Monday and months on the first, also before the period", () => {
  const period = days("2026-02-27", "2026-03-10");
  const starts = (grain: "day" | "week" | "month") => startsIn(period, grain).map(isoDay);
  expect(starts("day")).toHaveLength(12);
  expect(starts("week")).toEqual(["2026-02-23", "2026-03-02", "2026-03-09"]);
  expect(starts("month")).toEqual(["2026-02-01", "2026-03-01"]);
  expect(weekdayOf(dayFromIso("2026-03-02"))).toBe(0);
  expect(weekdayOf(dayFromIso("1969-12-31"))).toBe(2);
});

it("names a week by those of its days that belong to the period", () => {
  const period = days("2026-02-27", "2026-03-10");
  expect(startsIn(period, "week").map((start) => bucketLabel(start, "week", period))).toEqual([
    "27 Feb – 1 Mar 2026",
    "2 Mar – 8 Mar 2026",
    "9 Mar – 10 Mar 2026",
  ]);
});

it("says the year once, where it is one", () => {
  expect(periodLabel(days("2026-03-01", "2026-03-30"))).toBe("1 Mar – 30 Mar 2026");
  expect(periodLabel(days("2025-12-31", "2026-01-01"))).toBe("31 Dec 2025 – 1 Jan 2026");
  expect(periodLabel(days("2026-03-01", "2026-03-01"))).toBe("1 Mar 2026");
});

it("compares with as many days before", () => {
  expect(periodBefore(days("2026-03-01", "2026-03-30"))).toEqual(days("2026-01-30", "2026-02-28"));
});

it("offers only bars that can be told apart", () => {
  expect(grainsFor(days("2026-01-01", "2026-03-31"))).toEqual(["day", "week", "month"]);
  expect(grainsFor(days("2025-01-01", "2026-12-31"))).toEqual(["week", "month"]);
  expect(grainsFor(days("2016-01-01", "2026-12-31"))).toEqual(["month"]);
});
