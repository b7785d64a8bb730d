import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type ListResult } from "pocketbase";

import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { sessionKeys } from "@/lib/query-keys";
import { pocketBaseFilter } from "@/lib/session-filter";
import { type SessionRow } from "@/types/records";

import { type EvalsSearch, sessionFilterOf, type Verdict } from "../search-params";

const PAGE_SIZE = 50;
const FIELDS = "id,title,source,model,projectName,messageCount,totalTokens,createdAt,evalStatus,evalTags";

export type EvalRow = Pick<
  SessionRow,
  "id" | "title" | "source" | "model" | "projectName" | "messageCount" | "totalTokens" | "createdAt" | "evalStatus" | "evalTags"
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
        .getList(pageParam, PAGE_SIZE, { filter, sort: "-createdAt,-id", fields: FIELDS, signal })
        .catch((error: unknown) => {
          throw toApiError(error);
        }),
    initialPageParam: 1,
    getNextPageParam: ({ page, totalPages }) => (page < totalPages ? page + 1 : undefined),
    placeholderData: keepPreviousData,
  });
}

export type VerdictCounts = Record<Verdict, number>;

/** How the verdicts stand among the sessions that fit the other filters. */
export function verdictCountsQuery(search: EvalsSearch) {
  const filter = pocketBaseFilter(sessionFilterOf(search));
  return queryOptions({
    queryKey: [...sessionKeys.lists, "evals", "verdicts", filter] as const,
    queryFn: async ({ signal }): Promise<VerdictCounts> => {
      const countOf = async (verdict: Verdict) => {
        const page = await pb.collection("sessions").getList(1, 1, { filter: evalsFilter({ ...search, verdict }), fields: "id", signal });
        return page.totalItems;
      };
      try {
        const [golden, correct, incorrect, needs_review, unreviewed] = await Promise.all([
          countOf("golden"),
          countOf("correct"),
          countOf("incorrect"),
          countOf("needs_review"),
          countOf("unreviewed"),
        ]);
        return { golden, correct, incorrect, needs_review, unreviewed };
      } catch (error) {
        throw toApiError(error);
      }
    },
    placeholderData: keepPreviousData,
  });
}

type GroupRow = Record<"source" | "model" | "projectName", string>;

export interface EvalChoices {
  sources: string[];
  models: string[];
  projects: string[];
  tags: string[];
}

/** What the sessions that are marked ready can be filtered by. */
export const evalChoicesQuery = queryOptions({
  queryKey: [...sessionKeys.lists, "evals", "choices"] as const,
  queryFn: async ({ signal }): Promise<EvalChoices> => {
    try {
      const [groups, tags] = await Promise.all([
        pb.collection<GroupRow>("evalCounts").getFullList({ batch: 1000, fields: "source,model,projectName", signal }),
        pb.collection<{ tag: string }>("evalTags").getFullList({ batch: 1000, sort: "tag", fields: "tag", signal }),
      ]);
      const distinct = (name: keyof GroupRow) =>
        [...new Set(groups.map((row) => row[name]))].filter((value) => value !== "").sort((a, b) => a.localeCompare(b));
      return { sources: distinct("source"), models: distinct("model"), projects: distinct("projectName"), tags: tags.map(({ tag }) => tag) };
    } catch (error) {
      throw toApiError(error);
    }
  },
});
