import { expect, test } from "vitest";

import { evalsFilter, summaryOf } from "./api/get-evals";
import { isNarrowed, parseEvalsSearch } from "./search-params";

test("only sessions that are marked ready are listed, whatever else is asked for", () => {
  expect(evalsFilter({})).toBe("evalReady = true");
  expect(evalsFilter({ source: "pi", verdict: "golden" })).toBe('source = "pi" && evalReady = true && evalStatus = "golden"');
});

test("not reviewed means that no verdict is stored", () => {
  expect(evalsFilter({ verdict: "unreviewed" })).toBe('evalReady = true && evalStatus = ""');
});

test("a filter's value cannot leave its quotes", () => {
  expect(evalsFilter({ model: 'x" || user != "' })).toBe('model = "x\\" || user != \\"" && evalReady = true');
});

test("the session under review is no filter", () => {
  expect(isNarrowed(parseEvalsSearch({ id: "abc", verdict: "made-up" }))).toBe(false);
  expect(isNarrowed(parseEvalsSearch({ tag: "regression" }))).toBe(true);
});

test("the summary adds up over agents, models and projects", () => {
  const summary = summaryOf([
    { evalStatus: "", source: "pi", model: "b", projectName: "x", sessions: 2 },
    { evalStatus: "golden", source: "pi", model: "a", projectName: "", sessions: 1 },
    { evalStatus: "golden", source: "codex-cli", model: "a", projectName: "x", sessions: 4 },
  ]);
  expect(summary.total).toBe(7);
  expect(summary.verdicts).toEqual({ golden: 5, correct: 0, incorrect: 0, needs_review: 0, unreviewed: 2 });
  expect([summary.sources, summary.models, summary.projects]).toEqual([["codex-cli", "pi"], ["a", "b"], ["x"]]);
});
