import { expect, it } from "vitest";

import { parseSessionsSearch } from "./search-params";

it("takes strings and nothing else from the address bar", () => {
  expect(parseSessionsSearch({ source: "pi", q: 42 })).toEqual({ source: "pi", q: "42" });
  expect(parseSessionsSearch({ source: ["a"], q: { $gt: "" } })).toEqual({ source: undefined, q: undefined });
  expect(parseSessionsSearch({ q: "" })).toEqual({ source: undefined, q: undefined });
});
