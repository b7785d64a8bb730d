import { expect, it } from "vitest";

import { optionsOf } from "./get-filter-options";

it("lists what the user's sessions have, most used first", () => {
  const options = optionsOf({
    names: { source: ["pi", "opencode"], model: ["", "m"], project: [], provider: ["b", "a"] },
    rows: { source: [0, 1, 1], model: [0, 1, 1], project: [], provider: [0, 1, 0], sessions: [5, 4, 3] },
  });
  expect(options.source).toEqual([{ value: "opencode", count: 7 }, { value: "pi", count: 5 }]);
  expect(options.model).toEqual([{ value: "m", count: 7 }]);
  expect(options.provider).toEqual([{ value: "b", count: 8 }, { value: "a", count: 4 }]);
  expect(options.project).toEqual([]);
});
