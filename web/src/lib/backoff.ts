const BASE_MS = 1_000;
const CEILING_MS = 30_000;

/** 1 s, 2 s, 4 s … 30 s, each up to a fifth shorter so that many browsers do not return at once. */
export function backoffDelay(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(CEILING_MS, BASE_MS * 2 ** Math.max(0, attempt));
  return Math.round(full * (1 - 0.2 * random()));
}
