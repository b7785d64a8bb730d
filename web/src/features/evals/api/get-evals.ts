import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type ListResult } from "pocketbase";

import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { sessionKeys } from "@/lib/query-keys";
import { pocketBaseFilter } from "@/lib/session-filter";
import { type SessionRow } from "@/types/records";

import { type EvalsSearch, sessionFilterOf, type Verdict } from "../search-params";
import { verdictOf } from "../verdicts";

const PAGE_SIZE = 50;
const FIELDS = "id,title,source,model,projectName,messageCount,totalTokens,createdAt,updatedAt,evalStatus,evalTags";

export type EvalRow = Pick<
  SessionRow,
  "id" | "title" | "source" | "model" | "projectName" | "messageCount" | "totalTokens" | "createdAt" | "updatedAt" | "evalStatus" | "evalTags"
>;

/** The page's filter in PocketBase's language. */
export function evalsFilter(search: EvalsSearch): string {
  const sessions = pocketBaseFilter(sessionFilterOf(search));
  if (search.verdict === undefined) return sessions;
  const status = search.verdict === "unreviewed" ? "" : search.verdict;
  return `${sessions} && ${pb.filter("evalStatus = {:status}", { status })}`;
}

export function evalsQuery(search: EvalsSearch) {
  const filter = evalsFilter(search);
  return infiniteQueryOptions<ListResult<EvalRow>, Error, { pages: ListResult<EvalRow>[] }, readonly unknown[], number>({
    queryKey: [...sessionKeys.lists, "evals", filter] as const,
    queryFn: ({ pageParam, signal }) =>
      pb
        .collection<EvalRow>("sessions")
        .getList(pageParam, PAGE_SIZE, { filter, sort: "-updatedAt,-id", fields: FIELDS, signal })
        .catch((error: unknown) => {
          throw toApiError(error);
        }),
    initialPageParam: 1,
    getNextPageParam: ({ page, totalPages }) => (page < totalPages ? page + 1 : undefined),
    placeholderData: keepPreviousData,
  });
}

interface CountRow {
  evalStatus: Parameters<typeof verdictOf>[0];
  source: string;
  model: string;
  projectName: string;
  sessions: number;
}

export interface EvalSummary {
  total: number;
  verdicts: Record<Verdict, number>;
  sources: string[];
  models: string[];
  projects: string[];
  tags: string[];
}

/** What there is to review, over all that is marked ready, and what it can be filtered by. */
export const evalSummaryQuery = queryOptions({
  queryKey: [...sessionKeys.lists, "evals", "summary"] as const,
  queryFn: async ({ signal }): Promise<EvalSummary> => {
    try {
      const [counts, tags] = await Promise.all([
        pb.collection<CountRow>("evalCounts").getFullList({ batch: 1000, signal }),
        pb.collection<{ tag: string }>("evalTags").getFullList({ batch: 1000, sort: "tag", fields: "tag", signal }),
      ]);
      return { ...summaryOf(counts), tags: tags.map(({ tag }) => tag) };
    } catch (error) {
      throw toApiError(error);
    }
  },
});

export function summaryOf(counts: readonly CountRow[]): Omit<EvalSummary, "tags"> {
  const verdicts: EvalSummary["verdicts"] = { golden: 0, correct: 0, incorrect: 0, needs_review: 0, unreviewed: 0 };
  for (const row of counts) verdicts[verdictOf(row.evalStatus)] += row.sessions;
  const distinct = (name: "source" | "model" | "projectName") =>
    [...new Set(counts.map((row) => row[name]))].filter((value) => value !== "").sort((a, b) => a.localeCompare(b));
  return {
    total: counts.reduce((sum, row) => sum + row.sessions, 0),
    verdicts,
    sources: distinct("source"),
    models: distinct("model"),
    projects: distinct("projectName"),
  };
}
