import { queryOptions } from "@tanstack/react-query";

import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { sessionKeys } from "@/lib/query-keys";
import { pocketBaseFilter, type SessionFilter } from "@/lib/session-filter";
import { type SessionRow } from "@/types/records";

const SHOWN = 8;
const FIELDS = ["id", "title", "projectName", "projectPath", "source", "model", "totalTokens", "updatedAt", "isPublic"] as const;
export type RecentFilter = Pick<SessionFilter, "source" | "model" | "projectName">;
type RecentSession = Pick<SessionRow, (typeof FIELDS)[number]>;

export function recentSessionsQuery(filter: RecentFilter) {
  return queryOptions({
    queryKey: [...sessionKeys.lists, "recent", filter],
    queryFn: ({ signal }) =>
      pb
        .collection<RecentSession>("sessions")
        .getList(1, SHOWN, { filter: pocketBaseFilter(filter), sort: "-updatedAt,-id", fields: FIELDS.join(","), skipTotal: true, signal })
        .then(({ items }) => items)
        .catch((error: unknown) => {
          throw toApiError(error);
        }),
  });
}
