import { choiceParam, flagParam, numberParam, textParam } from "@/lib/search-params";

export const RANGES = ["1h", "24h", "7d", "30d"] as const;
export type Range = (typeof RANGES)[number];
export const USUAL_RANGE: Range = "24h";

/** What the address says of the log. What is absent is as usual. */
export interface LogsSearch {
  range?: Range;
  /** Id of a key, or "none". */
  key?: string;
  /** Method and path, such as "POST /sync/batch". */
  endpoint?: string;
  status?: number;
  table?: true;
  page?: number;
}

export function parseLogsSearch(search: Record<string, unknown>): LogsSearch {
  const page = numberParam(search.page);
  const endpoint = textParam(search.endpoint);
  const status = numberParam(search.status);
  return {
    range: choiceParam(textParam(search.range), RANGES),
    key: textParam(search.key),
    endpoint: endpoint?.includes(" ") ? endpoint : undefined,
    status: status !== undefined && /^\d{3}$/.test(String(status)) ? status : undefined,
    table: flagParam(search.table),
    page: page !== undefined && Number.isInteger(page) && page > 1 ? page : undefined,
  };
}

/** The part of it that decides which requests are meant. */
export interface LogsFilter {
  range: Range;
  key?: string;
  method?: string;
  path?: string;
  status?: number;
}

export function filterOf({ range = USUAL_RANGE, key, endpoint, status }: LogsSearch): LogsFilter {
  const [method, path] = endpoint?.split(" ", 2) ?? [];
  return { range, key, method, path, status };
}
