import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { usePocketBase } from "@/hooks/use-pocketbase";
import { toApiError } from "@/lib/errors";
import { sessionKeys } from "@/lib/query-keys";
import { pocketBaseFilter, type SessionFilter } from "@/lib/session-filter";
import { pocketBaseSort } from "@/lib/session-sort";

import { type TimelineSession } from "../timeline-layout";

/** As many as PocketBase hands out at once. */
export const TIMELINE_SIZE = 1000;

/** A thousand sessions by their start, the latest on page 1. */
export function useTimeline(filter: SessionFilter, page: number) {
  const client = usePocketBase();
  return useQuery({
    queryKey: sessionKeys.timeline(filter, page),
    queryFn: async ({ signal }) => {
      try {
        const list = await client.collection<TimelineSession>("sessions").getList(page, TIMELINE_SIZE, {
          filter: pocketBaseFilter(filter),
          sort: pocketBaseSort("-createdAt"),
          fields: "id,title,projectName,projectPath,source,totalTokens,durationMs,createdAt",
          skipTotal: true,
          signal,
        });
        return list.items;
      } catch (error) {
        throw toApiError(error);
      }
    },
    placeholderData: keepPreviousData,
  });
}
