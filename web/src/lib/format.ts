const integer = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const smallDollars = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 4,
});
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function formatInteger(value: number): string {
  return integer.format(value);
}

/** 1, "session" → "1 session"; 1,234 → "1,234 sessions". */
export function formatCount(count: number, noun: string): string {
  return `${formatInteger(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** 999 → "999", 1,234 → "1.2K", 1,234,567 → "1.2M". */
export function formatCompact(value: number): string {
  for (const [size, suffix] of [[1e9, "B"], [1e6, "M"], [1e3, "K"]] as const) {
    // 999,950 would round up to "1000.0K".
    if (Math.abs(value) >= size * 0.99995 && Math.abs(value) >= 1000) return `${(value / size).toFixed(1)}${suffix}`;
  }
  return integer.format(value);
}

/** Whole cents, but four decimals where cents would hide the cost. */
export function formatCost(value: number): string {
  return value > 0 && value < 0.1 ? smallDollars.format(value) : dollars.format(value);
}

export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms > 0 && seconds < 1) return `${Math.round(ms)}ms`;
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 100 ? `${hours}h ${minutes % 60}m` : `${integer.format(hours)}h`;
}

export function formatRelative(at: number, now: number): string {
  const age = now - at;
  if (age < MINUTE) return "now";
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)}h ago`;
  if (age < 7 * DAY) return `${Math.floor(age / DAY)}d ago`;
  return formatDate(at);
}

export function formatDate(at: number): string {
  return isDate(at) ? dateOnly.format(at) : "–";
}

export function formatDateTime(at: number): string {
  return isDate(at) ? dateAndTime.format(at) : "–";
}

export function formatTime(at: number): string {
  return isDate(at) ? timeOnly.format(at) : "–";
}

/** Sources send odd times; a missing one must not read as 1 January 1970. */
function isDate(at: number): boolean {
  return Number.isFinite(at) && at > 0 && at < 8.64e15;
}
