import { dayParam, rangeBounds } from "@/lib/days";
import { choiceParam, numberParam, textParam } from "@/lib/search-params";
import { EVAL_STATUSES, type EvalStatus, type SessionFilter } from "@/lib/session-filter";

/** A verdict, or that there is none yet. */
export type Verdict = EvalStatus | "unreviewed";
export const VERDICTS: readonly Verdict[] = [...EVAL_STATUSES, "unreviewed"];

export interface EvalsSearch {
  verdict?: Verdict;
  tag?: string;
  source?: string;
  model?: string;
  projectName?: string;
  /** At least so many. */
  tokens?: number;
  q?: string;
  /** Of the day on which it was created. */
  from?: string;
  to?: string;
  /** The session under review. */
  id?: string;
}

/** What the address bar may say about this page; anything else is dropped. */
export function parseEvalsSearch(search: Record<string, unknown>): EvalsSearch {
  const params: EvalsSearch = {
    verdict: choiceParam(search.verdict, VERDICTS),
    tag: textParam(search.tag, 64),
    source: textParam(search.source),
    model: textParam(search.model),
    projectName: textParam(search.projectName),
    tokens: numberParam(search.tokens),
    q: textParam(search.q),
    from: dayParam(search.from),
    to: dayParam(search.to),
    id: textParam(search.id, 30),
  };
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}

/** Which sessions the page lists; the verdict stands apart, see `evalsFilter`. */
export function sessionFilterOf({ tag, source, model, projectName, tokens, q, from, to }: EvalsSearch): SessionFilter {
  const created = rangeBounds({ from, to });
  const filter = { evalReady: true as const, source, model, projectName, minTokens: tokens, q, tags: tag === undefined ? undefined : [tag], createdFrom: created.from, createdTo: created.to };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** The page without any filter. */
export const CLEARED = {
  verdict: undefined,
  tag: undefined,
  source: undefined,
  model: undefined,
  projectName: undefined,
  tokens: undefined,
  q: undefined,
  from: undefined,
  to: undefined,
} satisfies Partial<EvalsSearch>;

export function isNarrowed(search: EvalsSearch): boolean {
  return (Object.keys(CLEARED) as (keyof typeof CLEARED)[]).some((name) => search[name] !== undefined);
}
