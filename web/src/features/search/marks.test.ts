import { expect, test } from "vitest";

import { piecesOf } from "./marks";

const shown = (snippet: string, matches: [number, number][]) =>
  piecesOf(snippet, matches)
    .map(({ text, isMatch }) => (isMatch ? `[${text}]` : text))
    .join("");

test.each<[string, [number, number][], string]>([
  ["the pool timed out", [[4, 8]], "the [pool] timed out"],
  ["pool", [[0, 4]], "[pool]"],
  ["no match", [], "no match"],
  ["later first", [[6, 11], [0, 5]], "[later] [first]"],
  ["overlapping", [[0, 6], [4, 8]], "[overla][pp]ing"],
  ["beyond the end", [[7, 400]], "beyond [the end]"],
  ["backwards", [[5, 2]], "backwards"],
  ["😀 astral", [[3, 9]], "😀 [astral]"],
])("%s %j", (snippet, matches, expected) => {
  expect(shown(snippet, matches)).toBe(expected);
});
