import { expect, it } from "vitest";

import { formatCompact, formatCost, formatDate, formatDateTime, formatDuration, formatRelative } from "./format";

it.each([
  [0, "0"],
  [999, "999"],
  [1000, "1.0K"],
  [1234, "1.2K"],
  [999_949, "999.9K"],
  [999_950, "1.0M"],
  [1_234_567, "1.2M"],
  [2_500_000_000, "2.5B"],
])("shortens %d to %s", (value, text) => expect(formatCompact(value)).toBe(text));

it.each([
  [0, "$0.00"],
  [0.0042, "$0.0042"],
  [0.31, "$0.31"],
  [2841.337, "$2,841.34"],
])("prints a cost of %d as %s", (value, text) => expect(formatCost(value)).toBe(text));

it.each([
  [0, "0s"],
  [340, "340ms"],
  [42_000, "42s"],
  [912_000, "15m 12s"],
  [7_300_000, "2h 1m"],
  [8.1e9, "2,250h"],
])("prints a duration of %d ms as %s", (value, text) => expect(formatDuration(value)).toBe(text));

it("says how long ago", () => {
  const now = Date.UTC(2026, 0, 31);
  const ago = (ms: number) => formatRelative(now - ms, now);
  expect([ago(-5000), ago(59_000), ago(60_000), ago(3.6e6), ago(86.4e6), ago(6 * 86.4e6)]).toEqual(["now", "now", "1m ago", "1h ago", "1d ago", "6d ago"]);
  expect(ago(8 * 86.4e6)).toContain("2026");
});

it("shows a dash where a source sent no usable time", () => {
  expect([0, Number.NaN, 1e300, -1].map(formatDate)).toEqual(["–", "–", "–", "–"]);
  expect(formatDateTime(0)).toBe("–");
});
