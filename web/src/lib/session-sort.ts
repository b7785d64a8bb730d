export const SORT_KEYS = [
  "title",
  "projectName",
  "source",
  "model",
  "messageCount",
  "totalTokens",
  "cost",
  "durationMs",
  "createdAt",
  "updatedAt",
] as const;

export type SortKey = (typeof SORT_KEYS)[number];

/** A column, with "-" before it for the greatest first. */
export type SessionSort = SortKey | `-${SortKey}`;

export const DEFAULT_SORT: SessionSort = "-updatedAt";

export const SORTS: readonly SessionSort[] = SORT_KEYS.flatMap((key) => [key, `-${key}`] as const);

const TEXTS: ReadonlySet<SortKey> = new Set(["title", "projectName", "source", "model"]);

export function sortKeyOf(sort: SessionSort): SortKey {
  return (isDescending(sort) ? sort.slice(1) : sort) as SortKey;
}

export function isDescending(sort: SessionSort): boolean {
  return sort.startsWith("-");
}

/** The other direction of the same column; a new column begins with A, or with the most. */
export function nextSort(sort: SessionSort, key: SortKey): SessionSort {
  if (sortKeyOf(sort) === key) return isDescending(sort) ? key : `-${key}`;
  return TEXTS.has(key) ? key : `-${key}`;
}

/** The id breaks ties: equal rows must not move between pages. */
export function pocketBaseSort(sort: SessionSort): string {
  return isDescending(sort) ? `${sort},-id` : `${sort},id`;
}
