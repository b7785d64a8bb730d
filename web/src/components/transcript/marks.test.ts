import { expect, it } from "vitest";

import { rangesIn } from "./marks";

function element(html: string): Element {
  const host = document.createElement("div");
  host.innerHTML = html;
  return host;
}

it("finds words across elements, but not in buttons", () => {
  const ranges = rangesIn(element("<p>A <b>Ti</b>de and a tide</p><button>tide</button>"), "TIDE");
  expect(ranges.map((range) => range.toString())).toEqual(["Tide", "tide"]);
});

it("finds nothing for nothing", () => {
  expect(rangesIn(element("text"), "")).toEqual([]);
});
