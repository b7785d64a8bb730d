import { isDescending, SORT_KEYS, type SessionSort, type SortKey } from "@/lib/session-sort";

const LABELS: Record<SortKey, [ascending: string, descending: string]> = {
  updatedAt: ["Updated, oldest", "Updated, newest"],
  createdAt: ["Created, oldest", "Created, newest"],
  title: ["Title, A to Z", "Title, Z to A"],
  projectName: ["Project, A to Z", "Project, Z to A"],
  source: ["Agent, A to Z", "Agent, Z to A"],
  model: ["Model, A to Z", "Model, Z to A"],
  messageCount: ["Fewest messages", "Most messages"],
  totalTokens: ["Fewest tokens", "Most tokens"],
  cost: ["Lowest cost", "Highest cost"],
  durationMs: ["Shortest", "Longest"],
};

const TEXTS: ReadonlySet<SortKey> = new Set(["title", "projectName", "source", "model"]);

/** Every order, the times first, the direction first that people look for. */
export const SORT_OPTIONS: readonly { value: SessionSort; label: string }[] = SORT_KEYS.toReversed().flatMap((key) => {
  const both: SessionSort[] = TEXTS.has(key) ? [key, `-${key}`] : [`-${key}`, key];
  return both.map((value) => ({ value, label: LABELS[key][isDescending(value) ? 1 : 0] }));
});
