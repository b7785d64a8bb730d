import { expect, it } from "vitest";

import { filterOf, parseLogsSearch } from "./search-params";

it("takes from the address what can be meant", () => {
  expect(parseLogsSearch({ range: "7d", key: "abc", endpoint: "POST /sync/batch", status: 503, page: 3 })).toEqual({
    range: "7d",
    key: "abc",
    endpoint: "POST /sync/batch",
    status: 503,
    table: undefined,
    page: 3,
  });
});

it("leaves out what cannot", () => {
  const none = { range: undefined, key: undefined, endpoint: undefined, status: undefined, table: undefined, page: undefined };
  expect(parseLogsSearch({ range: "2h", key: "", endpoint: "nowhere", status: "ok", table: "x", page: 0 })).toEqual(none);
});

it("asks for the last day, and for method and path apart", () => {
  expect(filterOf({ endpoint: "GET /api/search" })).toEqual({ range: "24h", method: "GET", path: "/api/search", key: undefined, status: undefined });
});
