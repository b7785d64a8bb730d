import { expect, it } from "vitest";

import { isCostlyMarkdown } from "./markdown-cost";

it.each([
  ["delimiters that never pair", "*a_ ".repeat(5_000)],
  ["links inside links", "[a](".repeat(5_000)],
  ["deep quotes", ">".repeat(10_000)],
  ["deep lists", Array.from({ length: 300 }, (_, depth) => `${"  ".repeat(depth)}- item`).join("\n")],
  ["lists in lists in one line", "- ".repeat(100)],
  ["many lines that are nested deep", `${"> ".repeat(25)}x\n`.repeat(200)],
  ["a wide table whose short rows are filled up", `${"|a".repeat(2_000)}\n${"|-".repeat(2_000)}\n${"a\n".repeat(2_000)}`],
  ["anything very long", "word ".repeat(10_000)],
])("does not parse %s", (_, text) => expect(isCostlyMarkdown(text)).toBe(true));

it.each([
  ["prose", "Some **bold** and `code` and [a link](https://example.com).\n\n".repeat(500)],
  ["a table", `| a | b | c |\n|---|:-:|--:|\n${"| 1 | 2 | 3 |\n".repeat(300)}`],
  ["a nested list", "- one\n  - two\n    1. three\n".repeat(200)],
  ["a long code block", `\`\`\`json\n${'{"a_b": [1, 2]},\n'.repeat(1_500)}\`\`\``],
])("parses %s", (_, text) => expect(isCostlyMarkdown(text)).toBe(false));
