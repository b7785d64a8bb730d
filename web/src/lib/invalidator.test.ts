import { beforeEach, expect, it, vi } from "vitest";

import { Invalidator } from "./invalidator";

const invalidateQueries = vi.fn(() => Promise.resolve());
let invalidator: Invalidator;

beforeEach(() => {
  vi.useFakeTimers();
  invalidateQueries.mockClear();
  invalidator = new Invalidator({ invalidateQueries }, 500);
});

it("acts on the first event at once and on a burst once more", () => {
  for (let event = 0; event < 20; event++) invalidator.add([["sessions"], ["session", "a"]]);
  expect(invalidateQueries).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(500);
  expect(invalidateQueries).toHaveBeenCalledTimes(4);
  vi.advanceTimersByTime(5_000);
  expect(invalidateQueries).toHaveBeenCalledTimes(4);
});

it("forgets what waits when it is stopped", () => {
  invalidator.add([["sessions"]]);
  invalidator.add([["sessions"]]);
  invalidator.stop();
  vi.advanceTimersByTime(5_000);
  expect(invalidateQueries).toHaveBeenCalledTimes(1);
});
