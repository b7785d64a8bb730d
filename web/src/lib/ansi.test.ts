import { expect, it } from "vitest";

import { terminalSpans } from "./ansi";

it("keeps the named colours and weights as classes", () => {
  expect(terminalSpans("a \u001b[1;31mred\u001b[0m \u001b[38;5;10mgreen\u001b[m")).toEqual([
    { text: "a ", className: "" },
    { text: "red", className: "ansi-red ansi-bold" },
    { text: " ", className: "" },
    { text: "green", className: "ansi-bright-green" },
  ]);
});

it("drops what could hide, move or link text", () => {
  const text = "\u001b[2J\u001b[H\u001b[8mhid\u001b[0m\u001b[41mden\u001b[0m \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u202eback \u001b[38;2;0;0;0mblack";
  const spans = terminalSpans(text);
  expect(spans.map((span) => span.text).join("")).toBe("hidden link back black");
  expect(spans.every((span) => span.className === "")).toBe(true);
});

it("leaves text plain that is made of nothing but colour changes", () => {
  const spans = terminalSpans("\u001b[31mx\u001b[32my".repeat(5_000));
  expect(spans).toEqual([{ text: "xy".repeat(5_000), className: "" }]);
});
