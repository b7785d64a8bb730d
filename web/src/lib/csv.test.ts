import { expect, it } from "vitest";

import { csvCell, csvLine } from "./csv";

it.each([
  ["plain", "plain"],
  ["", ""],
  ["a,b", '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ["two\nlines", '"two\nlines"'],
  [" blank", '" blank"'],
])("quotes only what needs it: %j", (text, cell) => expect(csvCell(text)).toBe(cell));

it.each(["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠a", "\u00a0=1"])(
  "makes a formula a text: %j",
  (text) => expect(csvCell(text).replace(/^"/, "")).toMatch(/^'/),
);

it("quotes a formula that would break out of its cell", () => {
  expect(csvCell('=HYPERLINK("https://evil.example","x")')).toBe(`"'=HYPERLINK(""https://evil.example"",""x"")"`);
});

it("leaves numbers alone, and ends a line as RFC 4180 says", () => {
  expect(csvLine([-5, 0.25, true, null, undefined, "a-b=c"])).toBe("-5,0.25,true,,,a-b=c\r\n");
});
