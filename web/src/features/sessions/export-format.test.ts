import { expect, it } from "vitest";

import { type ExportRow, toCsv, toJson } from "./export-format";

const row: ExportRow = {
  id: "s1", externalId: "-e1", source: "pi", title: '=cmd|"x"', projectName: "a,b", projectPath: "/a", model: "m", provider: "p",
  promptTokens: 1, completionTokens: 2, totalTokens: 3, cost: 0.1234567, durationMs: 9, messageCount: 4, isPublic: false, publicSlug: "",
  evalReady: true, evalStatus: "golden", evalTags: ["ui", "bug"], createdAt: Date.UTC(2026, 0, 2), updatedAt: 0,
};

it("writes a table whose texts cannot run", () => {
  const [heading, line] = toCsv([row]);
  expect(heading?.startsWith("Session ID,External ID,Source,Title")).toBe(true);
  expect(line).toBe(`s1,'-e1,pi,"'=cmd|""x""","a,b",/a,m,p,1,2,3,0.123457,9,4,false,,true,golden,ui; bug,2026-01-02T00:00:00.000Z,\r\n`);
});

it("writes the same as JSON, with texts as they are", () => {
  expect(JSON.parse(toJson([{ ...row, evalTags: null }]))).toMatchObject([{ id: "s1", title: '=cmd|"x"', cost: 0.1234567, evalTags: [], updatedAt: "" }]);
});
