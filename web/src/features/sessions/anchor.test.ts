import { expect, it } from "vitest";

import { rowShift } from "./anchor";

const before = new Map([[10, "a"], [11, "b"], [12, "c"]]);

it("follows the first row in sight that is still there", () => {
  expect(rowShift(before, new Map([["a", 12], ["b", 13], ["c", 14]]), 10, 12)).toBe(2);
  expect(rowShift(before, new Map([["b", 12], ["c", 13]]), 10, 12)).toBe(1);
  expect(rowShift(before, new Map([["a", 8]]), 10, 12)).toBe(-2);
});

it("stays where it is when nothing moved or nothing is known", () => {
  expect(rowShift(before, new Map([["a", 10], ["b", 12]]), 10, 12)).toBe(0);
  expect(rowShift(before, new Map([["x", 3]]), 10, 12)).toBe(0);
  expect(rowShift(before, new Map([["a", 12]]), 11, 12)).toBe(0);
});
