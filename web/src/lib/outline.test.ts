import { expect, it } from "vitest";

import { makeMessage } from "@/testing/factories";

import { Reader } from "./conversation";
import { currentItem, outlineOf } from "./outline";

const { entries } = new Reader().read([
  makeMessage({ id: "1", role: "user", textContent: "\nFix it.\nPlease." }),
  makeMessage({ id: "2", textContent: "# Plan **now**\n\n```sh\n# not a heading\n```\n\n### Detail ###\n#hashtag" }),
  makeMessage({ id: "3", role: "user", parts: [{ type: "tool-result", content: "out" }] }),
  makeMessage({ id: "4", role: "user", textContent: "Thanks" }),
]);

it("lists questions and the headings of answers", () => {
  expect(outlineOf(entries)).toEqual([
    { entry: 0, level: 0, text: "Fix it." },
    { entry: 1, level: 1, text: "Plan now" },
    { entry: 1, level: 3, text: "Detail" },
    { entry: 3, level: 0, text: "Thanks" },
  ]);
});

it("tells where the reader is", () => {
  expect(currentItem(outlineOf(entries), 2)).toBe(2);
});
