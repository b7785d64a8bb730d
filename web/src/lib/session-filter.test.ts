import { describe, expect, it } from "vitest";

import { isFiltered, pocketBaseFilter, type SessionFilter } from "./session-filter";

// What PocketBase is asked, and beside it what the sidecar reads in the same object.
const MEANING: [filter: SessionFilter, pocketBase: string, sidecar: string][] = [
  [{}, "", "every session of the user"],
  [{ source: "pi" }, 'source = "pi"', "source is the value"],
  [{ source: ["pi", "opencode"] }, '(source = "pi" || source = "opencode")', "source is one of the values"],
  [{ source: [] }, "", "no value is no condition"],
  [{ model: "m" }, 'model = "m"', "model is the value"],
  [{ projectName: "w" }, '(projectName = "w" || (projectName = "" && projectPath = "w"))', "projectName is the value, or projectPath where there is no name"],
  [{ provider: ["a", "b"] }, '(provider = "a" || provider = "b")', "provider is one of the values"],
  [{ from: 5, to: 9 }, "updatedAt >= 5 && updatedAt <= 9", "updatedAt between, both inclusive"],
  [{ createdFrom: 5, createdTo: 9 }, "createdAt >= 5 && createdAt <= 9", "createdAt between, both inclusive"],
  [{ minTokens: 10, maxTokens: 20 }, "totalTokens >= 10 && totalTokens <= 20", "totalTokens between, both inclusive"],
  [{ minTokens: 0 }, "totalTokens >= 0", "0 is a bound"],
  [{ maxMessages: 3 }, "messageCount < 3", "fewer messages than the value"],
  [{ untitled: true }, 'title = ""', "title is empty"],
  [{ zeroCost: true }, "cost = 0", "cost is 0"],
  [{ isPublic: true }, "isPublic = true", "isPublic is set"],
  [{ evalReady: true }, "evalReady = true", "evalReady is set"],
  [{ evalStatus: ["golden", "correct"] }, '(evalStatus = "golden" || evalStatus = "correct")', "evalStatus is one of the values"],
  [{ tags: ["ui"] }, String.raw`evalTags ~ "\"ui\""`, "evalTags holds one of the values, whole"],
  [{ q: "login" }, 'title ~ "login"', "title contains the value, in either case"],
  [{ q: "50%_" }, String.raw`title ~ "50\\%\\_"`, "wildcards mean themselves"],
  [{ source: "pi", q: "x" }, 'source = "pi" && title ~ "x"', "all conditions hold"],
];

describe("the filter of the list means what the sidecar's filter means", () => {
  it.each(MEANING)("%j → %s (%s)", (filter, pocketBase) => {
    expect(pocketBaseFilter(filter)).toBe(pocketBase);
    expect(isFiltered(filter)).toBe(pocketBase !== "");
    expect(JSON.parse(JSON.stringify({ filter }))).toEqual({ filter });
  });
});

it("binds what somebody typed", () => {
  const q = '" || id != "';
  expect(pocketBaseFilter({ q })).toBe(String.raw`title ~ "\" || id != \""`);
  expect(pocketBaseFilter({ model: q })).toBe(String.raw`model = "\" || id != \""`);
  expect(pocketBaseFilter({ tags: [q] })).toBe(String.raw`evalTags ~ "\"\\\\\" || id != \\\\\"\""`);
});
