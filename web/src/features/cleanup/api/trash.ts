import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { jobsKey } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";
import { type TrashRecord } from "@/types/collections";
import { type Job } from "@/types/records";

const trashKey = ["trash"] as const;

export const ENTRIES_A_PAGE = 50;

export interface TrashSummary {
  /** How long an entry is kept; 0: not at all. */
  days: number;
  sessions: number;
  bytes: number;
}

export const trashSummaryQuery = queryOptions({
  queryKey: [...trashKey, "summary"] as const,
  queryFn: ({ signal }) => sidecar<TrashSummary>("/api/trash", { signal }),
});

/** A page of the trash, the latest first; 1 is the first page. */
export function trashQuery(page: number) {
  return queryOptions({
    queryKey: [...trashKey, page] as const,
    queryFn: async ({ signal }) => {
      try {
        return await pb.collection<TrashRecord>("trash").getList(page, ENTRIES_A_PAGE, { sort: "-deletedAt,-id", signal });
      } catch (error) {
        throw toApiError(error);
      }
    },
    placeholderData: keepPreviousData,
  });
}

export type TrashSelection = { ids: string[] } | { all: true };

/** Puts sessions back, or deletes them for good, in the background. */
export function useTrashWork(what: "restore" | "delete") {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (selection: TrashSelection) => sidecar<{ job: Job }>(`/api/trash/${what}`, { method: "POST", body: selection }),
    onSettled: () => {
      for (const queryKey of [jobsKey, trashKey]) void queryClient.invalidateQueries({ queryKey });
    },
  });
}
