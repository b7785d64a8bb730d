import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";

import { rangeBounds } from "@/lib/days";
import { sidecar } from "@/lib/sidecar";

import { type Mode, type SearchParams } from "../search-params";

export const PAGE_SIZE = 20;

/** One result of `GET /api/search`; times are Unix milliseconds. */
export interface SearchResult {
  id: string;
  sessionId: string;
  /** The message that fits best; absent where only the session's own words do. */
  messageId?: string | null;
  title: string | null;
  source: string | null;
  model: string | null;
  projectName: string | null;
  projectPath: string | null;
  totalTokens: number;
  cost: number;
  messageCount: number;
  createdAt: number;
  updatedAt: number;
  score: number;
  snippet: string;
  matches: [number, number][];
  matchedIn: string;
}

export interface SearchPage {
  results: SearchResult[];
  requestedMode: Mode;
  realisedMode: Mode;
  reason: string | null;
  total: number;
  totalIsLowerBound: boolean;
  cursor: string | null;
}

/** The query of a search. The names are those of the page's address; days become the reader's own days. */
export function searchQuery(params: SearchParams, extra: Record<string, string> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries<string | number | undefined>({ ...params, ...rangeBounds(params), ...extra })) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  return query.toString();
}

export function searchOptions(params: SearchParams) {
  return infiniteQueryOptions({
    queryKey: ["search", params] as const,
    queryFn: ({ pageParam, signal }) => {
      const query = searchQuery(params, { limit: String(PAGE_SIZE), cursor: pageParam });
      return sidecar<SearchPage>(`/api/search?${query}`, { signal });
    },
    initialPageParam: "",
    getNextPageParam: ({ cursor }) => cursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled: params.q !== undefined,
    staleTime: 30_000,
  });
}
