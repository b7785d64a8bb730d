import { expect, it } from "vitest";

import { filterOf, parseSessionsSearch } from "./search-params";

it("takes what it knows from the address bar and nothing else", () => {
  expect(parseSessionsSearch({ source: "pi", q: 42, sort: "-cost", view: "timeline", untitled: true })).toEqual({
    source: "pi", q: "42", sort: "-cost", view: "timeline", untitled: true,
  });
  expect(parseSessionsSearch({
    q: { $gt: "" }, source: [], from: "2026-13-45", minTokens: "many", maxMessages: -1, isPublic: false, evalStatus: "superb", sort: "user", view: "grid", x: 1,
  })).toEqual({});
});

it("keeps one value as itself, several as a list", () => {
  expect(parseSessionsSearch({ model: ["a"], source: ["a", "b"], evalStatus: ["golden", "superb"] })).toEqual({
    model: "a", source: ["a", "b"], evalStatus: "golden",
  });
});

it("leaves the usual order out of the address", () => {
  expect(parseSessionsSearch({ sort: "-updatedAt", view: "list" })).toEqual({});
});

it("means whole days of the reader's time zone", () => {
  const { from = 0, to = 0, q } = filterOf({ from: "2026-01-02", to: "2026-01-02", q: "x", sort: "cost", view: "timeline" });
  expect([new Date(from).getHours(), to - from, q]).toEqual([0, 86_400_000 - 1, "x"]);
  expect(filterOf({ sort: "cost" })).toEqual({});
});
