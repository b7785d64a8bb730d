import { expect, test } from "vitest";

import { exportPath } from "./export-path";

const paramsOf = (url: string) => [...new URL(url, "http://x").searchParams];

test("ids are named, a filter is spelled out, nothing at all means everything", () => {
  expect(paramsOf(exportPath("/api/export", { ids: ["a", "b"] }, { format: "csv" }))).toEqual([
    ["ids", "a,b"],
    ["format", "csv"],
  ]);
  expect(paramsOf(exportPath("/api/export", { filter: { source: ["pi", "x&y"], untitled: true, from: 5 } }, {}))).toEqual([
    ["source", "pi"],
    ["source", "x&y"],
    ["untitled", "true"],
    ["from", "5"],
  ]);
  expect(paramsOf(exportPath("/api/export", { filter: {}, except: ["c"] }, {}))).toEqual([
    ["all", "true"],
    ["except", "c"],
  ]);
});
