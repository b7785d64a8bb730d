// The search page's address. Whatever it holds, the page gets these values or nothing.
import { dayParam } from "@/lib/days";
import { choiceParam, textParam } from "@/lib/search-params";

export const MODES = ["hybrid", "fulltext", "semantic"] as const;
export type Mode = (typeof MODES)[number];
export const SCOPES = ["sessions", "messages"] as const;
export type Scope = (typeof SCOPES)[number];
export const ROLES = ["user", "assistant", "tool", "system"] as const;

export interface SearchParams {
  q?: string;
  type?: Mode;
  scope?: Scope;
  source?: string;
  model?: string;
  project?: string;
  role?: (typeof ROLES)[number];
  /** Days, `2026-11-23`, in the reader's time zone; both are meant whole. */
  from?: string;
  to?: string;
}

const FILTERS = ["source", "model", "project", "role", "from", "to"] as const;
export type FilterName = (typeof FILTERS)[number];

/** What the service refuses beyond, in characters. */
export const MAX_QUERY = 4_000;

export function parseSearchParams(search: Record<string, unknown>): SearchParams {
  const params: SearchParams = {
    q: textParam(search.q, MAX_QUERY),
    type: choiceParam(search.type, MODES),
    scope: choiceParam(search.scope, SCOPES),
    source: textParam(search.source),
    model: textParam(search.model),
    project: textParam(search.project),
    role: choiceParam(search.role, ROLES),
    from: dayParam(search.from),
    to: dayParam(search.to),
  };
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}

/** The filters that are set, apart from the query itself and how it is asked. */
export function activeFilters(params: SearchParams): FilterName[] {
  return FILTERS.filter((name) => params[name] !== undefined);
}
