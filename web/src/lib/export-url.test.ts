import { expect, test } from "vitest";

import { exportUrl } from "./export-url";

const paramsOf = (url: string) => [...new URL(url, "http://x").searchParams];

test("ids are named, a filter is spelled out, nothing at all means everything", () => {
  expect(paramsOf(exportUrl("/api/export", { ids: ["a", "b"] }, { format: "csv" }))).toEqual([
    ["ids", "a,b"],
    ["format", "csv"],
  ]);
  expect(paramsOf(exportUrl("/api/export", { filter: { source: ["pi", "x&y"], untitled: true, from: 5 } }, {}))).toEqual([
    ["source", "pi"],
    ["source", "x&y"],
    ["untitled", "true"],
    ["from", "5"],
  ]);
  expect(paramsOf(exportUrl("/api/export", { filter: {}, except: ["c"] }, {}))).toEqual([
    ["all", "true"],
    ["except", "c"],
  ]);
});
