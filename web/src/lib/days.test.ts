import { expect, it } from "vitest";

import { dayLabel, dayParam, presetRange, rangeBounds } from "./days";

it("takes days that exist", () => {
  expect(["2026-02-28", "2026-02-30", "2026-2-3", "yesterday", 20260228].map(dayParam)).toEqual(["2026-02-28", undefined, undefined, undefined, undefined]);
});

it("counts today among the last days", () => {
  expect(presetRange(7, new Date(2026, 2, 10, 23, 59).getTime())).toEqual({ from: "2026-03-04", to: undefined });
  expect(presetRange(1, new Date(2026, 2, 10, 0, 0).getTime()).from).toBe("2026-03-10");
});

it("goes from the first millisecond of the first day to the last of the last", () => {
  const { from, to } = rangeBounds({ from: "2026-03-01", to: "2026-03-02" });
  expect(from).toBe(new Date(2026, 2, 1).getTime());
  expect(to).toBe(new Date(2026, 2, 3).getTime() - 1);
  expect(rangeBounds({})).toEqual({ from: undefined, to: undefined });
});

it("names an open end", () => {
  expect([dayLabel({ from: "2026-03-01" }), dayLabel({ to: "2026-03-01" }), dayLabel({})]).toEqual(["Since 1 Mar 2026", "Until 1 Mar 2026", undefined]);
  expect(dayLabel({ from: "2026-03-01", to: "2026-03-01" })).toBe("1 Mar 2026");
});
