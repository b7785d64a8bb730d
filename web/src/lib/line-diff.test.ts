import { expect, it } from "vitest";

import { countsOf, diffOf, linesOfPatch } from "./line-diff";

const drawn = (lines: ReturnType<typeof diffOf>) => {
  const signs = { same: " ", added: "+", removed: "-", note: "@" };
  return lines.map(({ kind, words }) => signs[kind] + words.map((word) => (word.isChanged ? `[${word.text}]` : word.text)).join(""));
};

it("tells lines that came and went, and the words that changed in them", () => {
  expect(drawn(diffOf("a\nlimit = 5\n", "a\nlimit = 50\nb"))).toEqual([" a", "-limit = 5", "+limit = 50", "+b"]);
  expect(drawn(diffOf("the limit is 5 here", "the limit is 50 here"))).toEqual(["-the limit is [5] here", "+the limit is [50] here"]);
});

it("leaves out what is far from any change", () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const shown = drawn(diffOf(lines.join("\n"), [...lines, "new"].join("\n")));
  expect(shown).toEqual([ "@36 unchanged lines", " line 36", " line 37", " line 38", " line 39", "+new"]);
});

it("shows a file that was written as added", () => {
  expect(countsOf(diffOf("", "a\nb\n"))).toEqual({ added: 2, removed: 0 });
});

it("gives up comparing what differs everywhere", () => {
  const text = (word: string) => Array.from({ length: 5_000 }, (_, index) => `${word} ${index}`).join("\n");
  expect(countsOf(diffOf(text("a"), text("b")))).toEqual({ added: 5_000, removed: 5_000 });
});

it("reads patches", () => {
  expect(drawn(linesOfPatch("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same"))).toEqual(["@--- a/x", "@+++ b/x", "@@@ -1 +1 @@", "-old", "+new", " same"]);
});
