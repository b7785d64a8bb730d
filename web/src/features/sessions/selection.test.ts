import { expect, it } from "vitest";

import { bodiesOf, downloadOf, EVERYTHING, isSelected, NOTHING, select, sizeOf } from "./selection";

it("ticks and unticks sessions one by one", () => {
  const two = select(NOTHING, ["a", "b"], true);
  expect([sizeOf(two, 10), isSelected(two, "a"), isSelected(two, "c")]).toEqual([2, true, false]);
  expect(bodiesOf(select(two, ["a"], false), { q: "x" })).toEqual([{ ids: ["b"] }]);
});

it("remembers what is left out of everything", () => {
  const most = select(EVERYTHING, ["a"], false);
  expect([sizeOf(most, 10), isSelected(most, "a"), isSelected(most, "b")]).toEqual([9, false, true]);
  expect(bodiesOf(most, { source: "pi" })).toEqual([{ filter: { source: "pi" }, except: ["a"] }]);
  expect(bodiesOf(select(most, ["a"], true), {})).toEqual([{ filter: {}, except: [] }]);
});

it("sends no more ids at once than are taken", () => {
  const many = select(NOTHING, Array.from({ length: 2001 }, (_, id) => String(id)), true);
  expect(bodiesOf(many, {}).map((body) => ("ids" in body ? body.ids.length : -1))).toEqual([1000, 1000, 1]);
});

it("names a download in an address as long as that holds the ids", () => {
  expect(downloadOf(select(NOTHING, ["a"], true), { q: "x" })).toEqual({ ids: ["a"] });
  expect(downloadOf(select(EVERYTHING, ["a"], false), { q: "x" })).toEqual({ filter: { q: "x" }, except: ["a"] });
  const tooMany = Array.from({ length: 1001 }, (_, number) => String(number));
  expect(downloadOf(select(NOTHING, tooMany, true), {})).toBeUndefined();
});
