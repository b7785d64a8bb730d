import { expect, it } from "vitest";

import { excerpt, firstLine, plainText } from "./text";

it("strips terminal escapes, control characters and reordering marks", () => {
  expect(plainText("\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007")).toBe("red link");
  expect(plainText("a\u0000b\r\nc\u202egnp.exe\u202c")).toBe("ab\ncgnp.exe");
  expect(plainText("tab\tand مرحبا stay")).toBe("tab\tand مرحبا stay");
});

it("cuts at a line's end, and never through a character", () => {
  expect(excerpt("short", 10)).toBe("short");
  expect(excerpt("123456789\nabc", 11)).toBe("123456789");
  expect(excerpt("12345😀", 6)).toBe("12345");
});

it("takes the first line that says something", () => {
  expect(firstLine("\n\n  \u001b[1mhello\u001b[0m\nworld")).toBe("hello");
  expect(firstLine("x".repeat(500), 10)).toBe(`${"x".repeat(10)}…`);
});
