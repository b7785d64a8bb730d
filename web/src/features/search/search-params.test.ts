import { expect, test } from "vitest";

import { activeFilters, parseSearchParams } from "./search-params";

test("values the page does not know are left out", () => {
  expect(parseSearchParams({ q: "", type: "magic", scope: 3, role: "root", from: "2026-13-40", to: "<b>" })).toEqual({});
});

test("a query that looks like a number stays a query", () => {
  expect(parseSearchParams({ q: 404 }).q).toBe("404");
});

test("a query is cut where the service would refuse it", () => {
  expect(parseSearchParams({ q: "x".repeat(5_000) }).q).toHaveLength(4_000);
});

test("only what narrows the results counts as a filter", () => {
  const params = parseSearchParams({ q: "pool", type: "semantic", scope: "messages", source: "pi", from: "2026-11-01" });
  expect(activeFilters(params)).toEqual(["source", "from"]);
});
