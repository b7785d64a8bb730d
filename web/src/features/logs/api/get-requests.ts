import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { type ApiLogsRecord } from "@/types/collections";

import { type LogsFilter } from "../search-params";

import { logsKey } from "./get-summary";

export const PAGE_SIZE = 50;

const FIELDS = ["id", "apiKey", "endpoint", "method", "statusCode", "responseTimeMs", "createdAt"] as const;
export type LoggedRequest = Pick<ApiLogsRecord, (typeof FIELDS)[number]>;

/** A page of single requests between two times, the newest first. */
export function requestsQuery(filter: LogsFilter, times: { from: number; to: number }, page: number) {
  return queryOptions({
    queryKey: [...logsKey, "requests", filter, times, page],
    queryFn: async ({ signal }) => {
      const found = await pb
        .collection<LoggedRequest>("apiLogs")
        .getList(page, PAGE_SIZE, {
          filter: conditions(filter, times),
          sort: "-createdAt,-id",
          fields: FIELDS.join(","),
          skipTotal: true,
          signal,
        })
        .catch((error: unknown) => {
          throw toApiError(error);
        });
      return found.items;
    },
    placeholderData: keepPreviousData,
  });
}

function conditions({ key, method, path, status }: LogsFilter, { from, to }: { from: number; to: number }): string {
  const terms = [pb.filter("createdAt >= {:from} && createdAt < {:to}", { from, to })];
  if (key !== undefined) terms.push(pb.filter("apiKey = {:key}", { key: key === "none" ? "" : key }));
  if (method !== undefined) terms.push(pb.filter("method = {:method}", { method }));
  if (path !== undefined) terms.push(pb.filter("endpoint = {:path}", { path }));
  if (status !== undefined) terms.push(pb.filter("statusCode = {:status}", { status }));
  return terms.join(" && ");
}
