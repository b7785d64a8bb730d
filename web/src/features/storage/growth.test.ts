import { expect, it } from "vitest";

import { type Week } from "./api/get-storage";
import { growthOf } from "./growth";

const WEEK = 7 * 86_400_000;
const MONDAY = 4 * 86_400_000;

function week(place: number, bytes: number): Week {
  return { start: MONDAY + place * WEEK, sessions: 1, messages: 2, parts: 3, bytes };
}

it("adds up what came, over weeks in which nothing did", () => {
  const growth = growthOf([week(0, 10), week(3, 5)], "bytes", MONDAY + 4 * WEEK + 1);
  expect(growth.starts.map((start) => (start - MONDAY) / WEEK)).toEqual([0, 1, 2, 3, 4]);
  expect(growth.before).toEqual([0, 10, 10, 10, 15]);
  expect(growth.added).toEqual([10, 0, 0, 5, 0]);
});

it("counts what it is asked for", () => {
  expect(growthOf([week(0, 10)], "parts", MONDAY).added).toEqual([3]);
});

it("shows two years, and what came before them in their first week", () => {
  const growth = growthOf([week(0, 10)], "bytes", MONDAY + 300 * WEEK);
  expect(growth.starts).toHaveLength(104);
  expect(growth.before[0]).toBe(10);
});

it("has nothing to show where nothing is kept, and shows what a fast clock dated ahead", () => {
  expect(growthOf([], "bytes", MONDAY).starts).toEqual([]);
  expect(growthOf([week(2, 1)], "bytes", MONDAY).starts).toHaveLength(1);
});
