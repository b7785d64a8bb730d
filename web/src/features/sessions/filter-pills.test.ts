import { expect, it } from "vitest";

import { NO_FILTER, pillsOf } from "./filter-pills";
import { type FilterParams, parseSessionsSearch } from "./search-params";

const FULL: FilterParams = {
  q: "login", source: ["pi", "aider"], model: "m", projectName: "web", provider: "anthropic", from: "2026-01-02", to: "2026-01-02",
  minTokens: 1000, maxTokens: 5000, maxMessages: 3, untitled: true, zeroCost: true, isPublic: true, evalReady: true, evalStatus: "golden", tags: ["ui"],
};

it("shows each condition, and taking all pills away takes all conditions away", () => {
  const pills = pillsOf(FULL);
  expect(pills.map(({ text }) => text)).toEqual([
    "“login”", "Pi", "aider", "Model: m", "Project: web", "Provider: anthropic", "2 Jan 2026", "1,000–5,000 tokens", "Fewer than 3 messages",
    "No title", "Zero cost", "Public", "Eval-ready", "Golden", "Tag: ui",
  ]);
  let params = FULL;
  for (let pill = pillsOf(params)[0]; pill; pill = pillsOf(params)[0]) params = parseSessionsSearch({ ...params, ...pill.change });
  expect(params).toEqual({});
  expect(pillsOf({ ...FULL, ...NO_FILTER })).toEqual([]);
});

it("takes one of several values away alone", () => {
  expect(pillsOf({ source: ["pi", "aider"] })[0]?.change).toEqual({ source: "aider" });
});
