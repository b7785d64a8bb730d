import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";

import { type LogsFilter } from "../search-params";

/** Times to answer in ms; null where there were no requests. */
export interface Requests {
  requests: number;
  /** Answered 4xx. */
  refused: number;
  /** Answered 5xx. */
  failed: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface LogSummary {
  from: number;
  to: number;
  step: number;
  keepDays: number;
  total: Requests;
  steps: (Requests & { start: number })[];
  /** The id is empty for requests without a key. */
  keys: (Requests & { id: string; name: string; prefix: string })[];
  endpoints: (Requests & { method: string; endpoint: string })[];
  statuses: (Requests & { status: number })[];
}

export const logsKey = ["request-log"] as const;

export function summaryQuery(filter: LogsFilter) {
  return queryOptions({
    queryKey: [...logsKey, "summary", filter],
    queryFn: ({ signal }) => sidecar<LogSummary>(`/api/request-log?${queryOf(filter)}`, { signal }),
    placeholderData: keepPreviousData,
  });
}

function queryOf({ range, key, method, path, status }: LogsFilter): string {
  const params = new URLSearchParams({ range });
  for (const [name, value] of Object.entries({ key, method, endpoint: path, status })) {
    if (value !== undefined) params.set(name, String(value));
  }
  return params.toString();
}
