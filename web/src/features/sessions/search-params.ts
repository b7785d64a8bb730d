import { dayParam, rangeBounds } from "@/lib/days";
import { choiceParam, flagParam, listParam, numberParam, oneOrMany, textParam } from "@/lib/search-params";
import { EVAL_STATUSES, type EvalStatus, type SessionFilter } from "@/lib/session-filter";
import { DEFAULT_SORT, type SessionSort, SORTS } from "@/lib/session-sort";

export const VIEWS = ["list", "timeline"] as const;
export type SessionView = (typeof VIEWS)[number];

/** The filter as the address bar holds it: whole days instead of milliseconds, all else as it is. */
export interface FilterParams extends Omit<SessionFilter, "from" | "to" | "createdFrom" | "createdTo"> {
  from?: string;
  to?: string;
}

export interface SessionsSearch extends FilterParams {
  /** Absent where it is the usual one, as is `view`. */
  sort?: SessionSort;
  view?: "timeline";
}

/** Whatever the address bar holds, the page gets what it knows or nothing. */
export function parseSessionsSearch(search: Record<string, unknown>): SessionsSearch {
  const params: SessionsSearch = {
    q: textParam(search.q),
    source: oneOrMany(listParam(search.source)),
    model: oneOrMany(listParam(search.model)),
    projectName: oneOrMany(listParam(search.projectName)),
    provider: oneOrMany(listParam(search.provider)),
    from: dayParam(search.from),
    to: dayParam(search.to),
    minTokens: atLeastZero(search.minTokens),
    maxTokens: atLeastZero(search.maxTokens),
    maxMessages: atLeastZero(search.maxMessages),
    untitled: flagParam(search.untitled),
    zeroCost: flagParam(search.zeroCost),
    isPublic: flagParam(search.isPublic),
    evalReady: flagParam(search.evalReady),
    evalStatus: oneOrMany(listParam(search.evalStatus)?.filter(isEvalStatus)),
    tags: listParam(search.tags),
    sort: unlessUsual(choiceParam(search.sort, SORTS)),
    view: choiceParam(search.view, ["timeline"]),
  };
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}

/** What the address says, as a filter; days are those of the reader's time zone. */
export function filterOf({ sort, view, from, to, ...rest }: SessionsSearch): SessionFilter {
  void [sort, view];
  const bounds = rangeBounds({ from, to });
  return {
    ...rest,
    ...(bounds.from !== undefined && { from: bounds.from }),
    ...(bounds.to !== undefined && { to: bounds.to }),
  };
}

export function unlessUsual(sort: SessionSort | undefined): SessionSort | undefined {
  return sort === DEFAULT_SORT ? undefined : sort;
}

function atLeastZero(value: unknown): number | undefined {
  const number = numberParam(value);
  return number !== undefined && number >= 0 ? Math.floor(number) : undefined;
}

function isEvalStatus(value: string): value is EvalStatus {
  return EVAL_STATUSES.some((status) => status === value);
}
