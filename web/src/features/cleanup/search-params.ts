import { choiceParam, flagParam, listParam, numberParam } from "@/lib/search-params";

import { type Conditions, EXEMPTIONS, type Exemption } from "./conditions";

export const CLEANUP_TABS = ["clean", "trash", "rules"] as const;
export type CleanupTab = (typeof CLEANUP_TABS)[number];

export interface CleanupSearch {
  tab?: CleanupTab;
  /** Fewer messages than this. */
  few?: number;
  untitled?: true;
  zeroCost?: true;
  source?: string[];
  days?: number;
  /** What is not spared. */
  take?: Exemption[];
  /** Of the trash, or of what rules removed. */
  page?: number;
}

/** What the address bar may say about this page; anything else is dropped. */
export function parseCleanupSearch(search: Record<string, unknown>): CleanupSearch {
  const take = EXEMPTIONS.filter((name) => listParam(search.take)?.includes(name));
  return {
    tab: choiceParam(search.tab, CLEANUP_TABS),
    few: countParam(search.few),
    untitled: flagParam(search.untitled),
    zeroCost: flagParam(search.zeroCost),
    source: listParam(search.source),
    days: countParam(search.days),
    take: take.length > 0 ? take : undefined,
    page: countParam(search.page),
  };
}

export function conditionsOf({ few, untitled, zeroCost, source, days, take = [] }: CleanupSearch): Conditions {
  return {
    filter: {
      ...(few !== undefined && { maxMessages: few }),
      ...(untitled && { untitled }),
      ...(zeroCost && { zeroCost }),
      ...(source && { source }),
    },
    ...(days !== undefined && { olderThanDays: days }),
    spare: EXEMPTIONS.filter((name) => !take.includes(name)),
  };
}

/** The part of the address that says the same as the conditions. */
export function searchOf({ filter, olderThanDays, spare }: Conditions): Omit<CleanupSearch, "tab" | "page"> {
  const take = EXEMPTIONS.filter((name) => !spare.includes(name));
  return {
    few: filter.maxMessages,
    untitled: filter.untitled,
    zeroCost: filter.zeroCost,
    source: filter.source,
    days: olderThanDays,
    take: take.length > 0 ? take : undefined,
  };
}

function countParam(value: unknown): number | undefined {
  const number = numberParam(value);
  return number !== undefined && number >= 1 ? Math.floor(number) : undefined;
}
