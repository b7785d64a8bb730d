import { sidecar } from "@/lib/sidecar";

import { activeFilters, type SearchParams } from "../search-params";

import { searchQuery } from "./search";

interface Context {
  text: string;
  sessionCount: number;
  redactions: number;
}

/** The best passages for a query as one text to hand to an agent, its secrets masked. */
export function getContext(params: SearchParams): Promise<Context> {
  const asked: SearchParams = { q: params.q };
  for (const name of activeFilters(params)) Object.assign(asked, { [name]: params[name] });
  return sidecar<Context>(`/api/context?${searchQuery(asked, { format: "text" })}`);
}
