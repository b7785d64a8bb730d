import { expect, it } from "vitest";

import { formatBytes } from "./bytes";

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
