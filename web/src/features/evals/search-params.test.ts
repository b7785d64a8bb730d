import { expect, test } from "vitest";

import { rangeBounds } from "@/lib/days";

import { evalsFilter } from "./api/get-evals";
import { isNarrowed, parseEvalsSearch } from "./search-params";

test("only sessions that are marked ready are listed, whatever else is asked for", () => {
  expect(evalsFilter({})).toBe("evalReady = true");
  expect(evalsFilter({ source: "pi", verdict: "golden" })).toBe('source = "pi" && evalReady = true && evalStatus = "golden"');
});

test("not reviewed means that no verdict is stored", () => {
  expect(evalsFilter({ verdict: "unreviewed" })).toBe('evalReady = true && evalStatus = ""');
});

test("sessions are as large as was asked for, at least", () => {
  expect(evalsFilter(parseEvalsSearch({ tokens: "10000" }))).toBe("totalTokens >= 10000 && evalReady = true");
});

test("days are those on which sessions were created", () => {
  const bounds = rangeBounds({ from: "2026-03-01", to: "2026-03-02" });
  expect(evalsFilter({ from: "2026-03-01", to: "2026-03-02" })).toBe(`createdAt >= ${bounds.from} && createdAt <= ${bounds.to} && evalReady = true`);
});

test("a filter's value cannot leave its quotes", () => {
  expect(evalsFilter({ model: 'x" || user != "' })).toBe('model = "x\\" || user != \\"" && evalReady = true');
});

test("the session under review is no filter", () => {
  expect(isNarrowed(parseEvalsSearch({ id: "abc", verdict: "made-up" }))).toBe(false);
  expect(isNarrowed(parseEvalsSearch({ tag: "regression" }))).toBe(true);
});
