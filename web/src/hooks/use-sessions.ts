import { keepPreviousData, type QueryClient, queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { type ListResult } from "pocketbase";
import { useCallback } from "react";

import { usePocketBase } from "@/hooks/use-pocketbase";
import { toApiError } from "@/lib/errors";
import { type pb } from "@/lib/pocketbase";
import { sessionKeys } from "@/lib/query-keys";
import { pocketBaseFilter, type SessionFilter } from "@/lib/session-filter";
import { DEFAULT_SORT, pocketBaseSort, type SessionSort } from "@/lib/session-sort";
import { type SessionRow } from "@/types/records";

export const PAGE_SIZE = 50;

const FIELDS =
  "id,title,projectName,projectPath,model,provider,source,totalTokens,cost,messageCount,durationMs,createdAt,updatedAt,isPublic,evalReady,evalStatus,evalTags";

function pageOptions(client: typeof pb, filter: SessionFilter, sort: SessionSort, page: number) {
  return queryOptions<ListResult<SessionRow>>({
    queryKey: sessionKeys.page(filter, sort, page),
    queryFn: ({ signal }) =>
      client
        .collection<SessionRow>("sessions")
        .getList(page, PAGE_SIZE, {
          filter: pocketBaseFilter(filter),
          sort: pocketBaseSort(sort),
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
export function useSessions(filter: SessionFilter, sort: SessionSort = DEFAULT_SORT) {
  const client = usePocketBase();
  const query = useQuery({ ...pageOptions(client, filter, sort, 1), placeholderData: keepPreviousData });
  return { ...query, total: query.data?.totalItems ?? 0, rows: query.data?.items ?? [] };
}

/**
 * The rows of the pages in view. Each page is a query of its own, so a list of any length
 * costs what is on screen, an event re-reads only that, and a page scrolled past is not waited for.
 */
export function useSessionRows(filter: SessionFilter, sort: SessionSort, firstIndex: number, lastIndex: number) {
  const client = usePocketBase();
  const firstPage = pageOf(Math.max(0, firstIndex));
  const lastPage = Math.max(firstPage, pageOf(lastIndex));
  const pages = Array.from({ length: lastPage - firstPage + 1 }, (_, offset) => firstPage + offset);

  const results = useQueries({ queries: pages.map((page) => pageOptions(client, filter, sort, page)) });
  const rowAt = useCallback(
    (index: number): SessionRow | undefined => results[pageOf(index) - firstPage]?.data?.items[index % PAGE_SIZE],
    [results, firstPage],
  );
  const failed = results.find((result) => result.error);
  return {
    rowAt,
    /** From and to which row `rowAt` may know something. */
    firstRow: (firstPage - 1) * PAGE_SIZE,
    lastRow: lastPage * PAGE_SIZE - 1,
    error: failed?.error ?? null,
    retry: () => void failed?.refetch(),
  };
}

/** The ids of a span of rows, asked for where they were never in view. */
export async function readSessionIds(
  queryClient: QueryClient,
  client: typeof pb,
  { filter, sort, first, last }: { filter: SessionFilter; sort: SessionSort; first: number; last: number },
): Promise<string[]> {
  const pages = Array.from({ length: pageOf(last) - pageOf(first) + 1 }, (_, offset) => pageOf(first) + offset);
  const lists = await Promise.all(pages.map((page) => queryClient.query({ ...pageOptions(client, filter, sort, page), staleTime: "static" })));
  const start = (pageOf(first) - 1) * PAGE_SIZE;
  return lists.flatMap((list) => list.items.map(({ id }) => id)).slice(first - start, last - start + 1);
}

function pageOf(index: number): number {
  return Math.floor(index / PAGE_SIZE) + 1;
}
