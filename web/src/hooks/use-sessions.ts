import { keepPreviousData, queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { type ListResult } from "pocketbase";
import { useCallback } from "react";

import { usePocketBase } from "@/hooks/use-pocketbase";
import { toApiError } from "@/lib/errors";
import { escapeLike, pb } from "@/lib/pocketbase";
import { sessionKeys, type SessionFilter } from "@/lib/query-keys";
import { type SessionRow } from "@/types/records";

export const PAGE_SIZE = 50;

const FIELDS =
  "id,title,projectName,projectPath,model,provider,source,totalTokens,cost,messageCount,durationMs,createdAt,updatedAt,isPublic";

export function sessionFilter({ source, q }: SessionFilter): string {
  const terms: string[] = [];
  if (source) terms.push(pb.filter("source = {:source}", { source }));
  if (q) terms.push(pb.filter("title ~ {:q}", { q: escapeLike(q) }));
  return terms.join(" && ");
}

function pageOptions(client: typeof pb, filter: SessionFilter, page: number) {
  return queryOptions<ListResult<SessionRow>>({
    queryKey: sessionKeys.page(filter, page),
    queryFn: ({ signal }) =>
      client
        .collection<SessionRow>("sessions")
        .getList(page, PAGE_SIZE, {
          filter: sessionFilter(filter),
          // The id breaks ties: rows of the same moment must not move between pages.
          sort: "-updatedAt,-id",
          fields: FIELDS,
          // Only the first page says how many there are; counting is the slow part.
          skipTotal: page > 1,
          signal,
        })
        .catch((error: unknown) => {
          throw toApiError(error);
        }),
  });
}

/** The first page and the total. While a changed filter loads, the former answer stays. */
export function useSessions(filter: SessionFilter) {
  const client = usePocketBase();
  const query = useQuery({ ...pageOptions(client, filter, 1), placeholderData: keepPreviousData });
  return { ...query, total: query.data?.totalItems ?? 0, rows: query.data?.items ?? [] };
}

/**
 * The rows of the pages in view. Each page is a query of its own, so a list of any length
 * costs what is on screen, and an event re-reads only that.
 */
export function useSessionRows(filter: SessionFilter, firstIndex: number, lastIndex: number) {
  const client = usePocketBase();
  const firstPage = Math.max(1, Math.floor(firstIndex / PAGE_SIZE) + 1);
  const lastPage = Math.max(firstPage, Math.floor(lastIndex / PAGE_SIZE) + 1);
  const pages = Array.from({ length: lastPage - firstPage + 1 }, (_, offset) => firstPage + offset);

  const results = useQueries({ queries: pages.map((page) => pageOptions(client, filter, page)) });
  const rowAt = useCallback(
    (index: number): SessionRow | undefined => {
      const page = Math.floor(index / PAGE_SIZE) + 1;
      return results[page - firstPage]?.data?.items[index % PAGE_SIZE];
    },
    [results, firstPage],
  );
  return { rowAt, error: results.find((result) => result.error)?.error ?? null };
}
