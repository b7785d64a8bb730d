import { expect, it } from "vitest";

import { isCostlyMarkdown } from "./markdown-cost";

it.each([
  ["delimiters that never pair", "*a_ ".repeat(5_000)],
  ["links inside links", "[a](".repeat(5_000)],
  ["deep quotes", ">".repeat(10_000)],
  ["anything very long", "word ".repeat(10_000)],
])("does not parse %s", (_, text) => expect(isCostlyMarkdown(text)).toBe(true));

it.each([
  ["prose", "Some **bold** and `code` and [a link](https://example.com).\n\n".repeat(500)],
  ["a long code block", `\`\`\`json\n${'{"a_b": [1, 2]},\n'.repeat(1_500)}\`\`\``],
])("parses %s", (_, text) => expect(isCostlyMarkdown(text)).toBe(false));
