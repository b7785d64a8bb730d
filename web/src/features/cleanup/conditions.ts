import { sourceOf } from "@/lib/sources";

export const EXEMPTIONS = ["public", "evals", "tagged"] as const;
export type Exemption = (typeof EXEMPTIONS)[number];

export const EXEMPTION_LABELS: Record<Exemption, string> = {
  public: "Published sessions",
  evals: "Sessions for evals",
  tagged: "Sessions with tags",
};

/** What a session must be like to be cleaned away, as the sidecar takes it. */
export interface Conditions {
  filter: {
    maxMessages?: number | undefined;
    untitled?: true | undefined;
    zeroCost?: true | undefined;
    source?: string[] | undefined;
  };
  /** Neither changed nor arrived for so long. */
  olderThanDays?: number;
  spare: Exemption[];
}

export const NOTHING: Conditions = { filter: {}, spare: [...EXEMPTIONS] };

export const AGES: readonly number[] = [1, 7, 30, 90, 180, 365];

export function isChosen({ filter, olderThanDays }: Conditions): boolean {
  const { maxMessages, untitled, zeroCost, source } = filter;
  return [maxMessages, untitled, zeroCost, source, olderThanDays].some((value) => value !== undefined);
}

/** "Fewer than 3 messages, no title, not touched for 30 days". */
export function inWords({ filter, olderThanDays }: Conditions): string {
  const { maxMessages, untitled, zeroCost, source, ...others } = filter;
  const further = Object.keys(others).length;
  const said = [
    maxMessages !== undefined && `fewer than ${maxMessages} messages`,
    untitled && "no title",
    zeroCost && "zero cost",
    source && `from ${source.map((id) => sourceOf(id).label).join(" or ")}`,
    olderThanDays !== undefined && `not touched for ${daysInWords(olderThanDays)}`,
    further > 0 && `${further} further ${further === 1 ? "condition" : "conditions"}`,
  ].filter((part) => typeof part === "string");
  const text = said.join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function daysInWords(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}
