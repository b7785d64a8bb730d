import { expect, it } from "vitest";

import { formatLatency, formatShare, keyLabel } from "./words";

it.each([
  [null, "–"],
  [0.4, "< 1 ms"],
  [12.3, "12 ms"],
  [1234, "1.2 s"],
  [65_000, "1m 5s"],
])("writes a latency of %s ms as %s", (ms, text) => {
  expect(formatLatency(ms)).toBe(text);
});

it("says how many of all went wrong", () => {
  expect(formatShare(0, 10)).toBe("0");
  expect(formatShare(1, 8)).toBe("1 (12.5%)");
  expect(formatShare(1, 100_000)).toBe("1 (< 0.1%)");
});

it("names a key, and what came without one", () => {
  expect(keyLabel({ id: "k", name: "laptop", prefix: "osk_ab" })).toBe("laptop");
  expect(keyLabel({ id: "k", name: "", prefix: "" })).toBe("A deleted key");
  expect(keyLabel({ id: "", name: "", prefix: "" })).toBe("Dashboard, no key");
});
