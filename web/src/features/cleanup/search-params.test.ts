import { expect, it } from "vitest";

import { inWords, isChosen, NOTHING } from "./conditions";
import { conditionsOf, parseCleanupSearch, searchOf } from "./search-params";

it("reads conditions from the address and writes the same ones back", () => {
  const search = parseCleanupSearch({ few: "3", untitled: true, source: "pi", days: 30, take: ["tagged"], tab: "clean" });
  const conditions = conditionsOf(search);
  expect(conditions).toEqual({
    filter: { maxMessages: 3, untitled: true, source: ["pi"] },
    olderThanDays: 30,
    spare: ["public", "evals"],
  });
  expect({ ...search, ...searchOf(conditions) }).toEqual(search);
});

it("drops what the address says and is no condition", () => {
  const search = parseCleanupSearch({ few: 0, days: "soon", untitled: "no", take: "everything", tab: "all", page: -1, ids: "x" });
  expect(Object.values(search).filter((value) => value !== undefined)).toEqual([]);
  expect(conditionsOf(search)).toEqual(NOTHING);
});

it("does not take what is only spared for a condition", () => {
  expect(isChosen(NOTHING)).toBe(false);
  expect(isChosen({ ...NOTHING, spare: [] })).toBe(false);
  expect(isChosen({ ...NOTHING, filter: { untitled: undefined } })).toBe(false);
  expect(isChosen({ ...NOTHING, olderThanDays: 1 })).toBe(true);
});

it("says what is meant, also of a rule with conditions that this page does not know", () => {
  expect(inWords({ filter: { maxMessages: 3, zeroCost: true, source: ["codex-cli"] }, olderThanDays: 1, spare: [] })).toBe(
    "Fewer than 3 messages, zero cost, from Codex CLI, not touched for 1 day",
  );
  const strange: object = { untitled: true, model: ["m"], q: "x" };
  expect(inWords({ filter: strange, spare: [] })).toBe("No title, 2 further conditions");
});
