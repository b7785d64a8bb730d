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
