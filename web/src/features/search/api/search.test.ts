import { expect, test } from "vitest";

import { searchQuery } from "./search";

test("days are the reader's own, from the first millisecond to the last", () => {
  const query = new URLSearchParams(searchQuery({ q: "pool", from: "2026-03-01", to: "2026-03-01" }));
  expect(Number(query.get("from"))).toBe(new Date(2026, 2, 1).getTime());
  expect(Number(query.get("to"))).toBe(new Date(2026, 2, 2).getTime() - 1);
});

test("what is not set is not sent", () => {
  expect(searchQuery({ q: "a b&c", source: undefined }, { cursor: "" })).toBe("q=a+b%26c");
});
