import { expect, it } from "vitest";

import { makeMessage } from "@/testing/factories";

import { Reader } from "./conversation";
import { Finder, firstFrom, placeOf } from "./find";

const { entries } = new Reader().read([
  makeMessage({ id: "1", textContent: "Tide and TIDE" }),
  makeMessage({ id: "2", textContent: "nothing" }),
  makeMessage({
    id: "3",
    parts: [
      { type: "text", content: "high tide" },
      { type: "tool-call", content: { name: "Bash", args: { command: "grep tide" }, result: "\u001b[31mti\u001b[0mde 1\ntide 2" } },
    ],
  }),
]);
const find = (query: string) => new Finder().find(entries, query);

it("counts hits of every kind of block, whatever their case, also across colours", () => {
  expect(find("tide").total).toBe(6);
  expect(find("tide").places.map(({ entry, block, count }) => [entry, block, count])).toEqual([
    [0, 0, 2],
    [2, 0, 1],
    [2, 1, 3],
  ]);
});

it("finds nothing for nothing", () => {
  expect(find("").total).toBe(0);
  expect(find("ebb").total).toBe(0);
});

it("leads from the number of a hit to its place", () => {
  const found = find("tide");
  expect(placeOf(found, 1)).toMatchObject({ place: { entry: 0 }, ordinal: 1 });
  expect(placeOf(found, 5)).toMatchObject({ place: { entry: 2, block: 1 }, ordinal: 2 });
  expect(placeOf(find("ebb"), 0)).toBeUndefined();
});

it("begins where the reader is", () => {
  expect(firstFrom(find("tide"), 1)).toBe(2);
  expect(firstFrom(find("tide"), 9)).toBe(0);
});
