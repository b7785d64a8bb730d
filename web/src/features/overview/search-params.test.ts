import { expect, it } from "vitest";

import { dayFromIso } from "@/lib/analytics-calendar";

import { askedOf, grainOf, shownPeriod } from "./period";
import { parseOverviewSearch } from "./search-params";

const TODAY = dayFromIso("2026-03-31");

it("keeps what it knows and drops everything else", () => {
  expect(parseOverviewSearch({ range: 90, metric: "cost", model: "o3", project: ["a", "b"], cumulative: true, order: "-cost", minTokens: 1000 })).toEqual({
    range: "90",
    metric: "cost",
    model: "o3",
    project: ["a", "b"],
    cumulative: true,
    order: "-cost",
    minTokens: "1000",
  });
  expect(parseOverviewSearch({ range: "8", metric: "<b>", by: "year", from: "2026-02-31", order: "id", hide: "", x: 1 })).toEqual({});
});

it("counts a range back from today, today in it", () => {
  expect(askedOf({}, TODAY)).toEqual({ first: dayFromIso("2026-03-02"), last: TODAY, isAll: false });
  expect(askedOf({ range: "7" }, TODAY)).toMatchObject({ first: dayFromIso("2026-03-25") });
});

it("takes the ends of a custom range either way round, and open", () => {
  const asked = (from?: string, to?: string) => askedOf({ range: "custom", from, to }, TODAY);
  expect(asked("2026-03-05", "2026-03-01")).toEqual(asked("2026-03-01", "2026-03-05"));
  expect(asked("2026-03-05")).toMatchObject({ last: TODAY });
  expect(shownPeriod(asked(undefined, "2026-03-05"), { first: TODAY - 100, last: TODAY })).toEqual({ first: TODAY - 100, last: dayFromIso("2026-03-05") });
});

it("shows all time with what says it is of tomorrow, and today when there is nothing", () => {
  const all = askedOf({ range: "all" }, TODAY);
  expect(shownPeriod(all, { first: TODAY - 5, last: TODAY + 1 })).toEqual({ first: TODAY - 5, last: TODAY + 1 });
  expect(shownPeriod(all, undefined)).toEqual({ first: TODAY, last: TODAY });
});

it("chooses bars by the length of the period, unless others are wanted and fit", () => {
  const of = (days: number) => ({ first: TODAY - days + 1, last: TODAY });
  expect([30, 90, 1000].map((days) => grainOf(of(days), undefined))).toEqual(["day", "week", "month"]);
  expect(grainOf(of(90), "day")).toBe("day");
  expect(grainOf(of(1000), "day")).toBe("month");
});
