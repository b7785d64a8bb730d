import { expect, it } from "vitest";

import { compareBy, nextSort, pocketBaseSort, SORTS } from "./session-sort";

const row = (id: string, cost: number, title = "") => ({
  id, cost, title, projectName: "", source: "", model: "", messageCount: 0, totalTokens: 0, durationMs: 0, createdAt: 0, updatedAt: 0,
});

it("turns a column round, and begins a new one where people look first", () => {
  expect(nextSort("-cost", "cost")).toBe("cost");
  expect(nextSort("cost", "cost")).toBe("-cost");
  expect(nextSort("-cost", "title")).toBe("title");
  expect(nextSort("title", "messageCount")).toBe("-messageCount");
});

it("breaks ties by id in the direction of the column", () => {
  for (const sort of SORTS) expect(pocketBaseSort(sort)).toBe(sort.startsWith("-") ? `${sort},-id` : `${sort},id`);
  const rows = [row("b", 1), row("a", 1), row("c", 0)];
  expect(rows.toSorted(compareBy("cost")).map(({ id }) => id)).toEqual(["c", "a", "b"]);
  expect(rows.toSorted(compareBy("-cost")).map(({ id }) => id)).toEqual(["b", "a", "c"]);
});
