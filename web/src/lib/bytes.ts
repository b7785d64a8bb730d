const UNITS = ["KB", "MB", "GB", "TB"] as const;

/** 999 → "999 B", 1,536 → "1.5 KB", 20,000,000 → "19 MB". */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = "B";
  for (const next of UNITS) {
    // 1,023.6 would round up to "1024 KB".
    if (size < 1023.5) break;
    size /= 1024;
    unit = next;
  }
  return `${unit === "B" || size >= 9.95 ? Math.round(size) : size.toFixed(1)} ${unit}`;
}

/** Marks of an axis up to `most` bytes or just above, as far apart as a power of two: even as they are written, too. */
export function byteMarks(most: number): number[] {
  const step = 2 ** Math.ceil(Math.log2(Math.max(most, 4) / 4));
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, place) => place * step);
}
