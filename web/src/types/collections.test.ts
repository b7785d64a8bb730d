import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { recordTypes } from "../../scripts/generate-records.mjs";

it("says what the schema says; `node scripts/generate-records.mjs` mends it", () => {
  expect(readFileSync("src/types/collections.ts", "utf8")).toBe(recordTypes());
});
