import { expect, it } from "vitest";

import { nextSort, pocketBaseSort, SORTS } from "./session-sort";

it("turns a column round, and begins a new one where people look first", () => {
  expect(nextSort("-cost", "cost")).toBe("cost");
  expect(nextSort("cost", "cost")).toBe("-cost");
  expect(nextSort("-cost", "title")).toBe("title");
  expect(nextSort("title", "messageCount")).toBe("-messageCount");
});

it("breaks ties by id in the direction of the column", () => {
  for (const sort of SORTS) expect(pocketBaseSort(sort)).toBe(sort.startsWith("-") ? `${sort},-id` : `${sort},id`);
});
