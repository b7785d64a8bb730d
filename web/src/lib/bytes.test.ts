import { expect, it } from "vitest";

import { byteMarks, formatBytes } from "./bytes";

it.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KB"],
  [10_188, "9.9 KB"],
  [10_240, "10 KB"],
  [1024 * 1024 - 1, "1.0 MB"],
  [20_000_000, "19 MB"],
  [5 * 1024 ** 3, "5.0 GB"],
  [2048 * 1024 ** 4, "2048 TB"],
])("writes %d bytes as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0, ["0 B"]],
  [3, ["0 B", "1 B", "2 B", "3 B"]],
  [11_000_000, ["0 B", "4.0 MB", "8.0 MB", "12 MB"]],
  [1024 ** 3, ["0 B", "256 MB", "512 MB", "768 MB", "1.0 GB"]],
  [1.1 * 1024 ** 3, ["0 B", "512 MB", "1.0 GB", "1.5 GB"]],
])("marks an axis up to %d bytes", (most, marks) => {
  expect(byteMarks(most).map(formatBytes)).toEqual(marks);
});
