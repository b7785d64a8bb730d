import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { sessionKeys } from "@/lib/query-keys";
import { type EvalStatus } from "@/lib/session-filter";
import { sidecar } from "@/lib/sidecar";

/** What a person says about a session. */
export interface Review {
  evalStatus: EvalStatus | "";
  evalTags: string[];
  evalNotes: string;
  expectedOutput: string;
}

type StoredReview = Omit<Review, "evalTags"> & { evalTags: string[] | null };

export function reviewQuery(id: string) {
  return queryOptions({
    queryKey: [...sessionKeys.detail(id), "review"] as const,
    queryFn: async ({ signal }): Promise<Review> => {
      try {
        const stored = await pb
          .collection<StoredReview>("sessions")
          .getOne(id, { fields: "evalStatus,evalTags,evalNotes,expectedOutput", signal });
        return { ...stored, evalTags: stored.evalTags ?? [] };
      } catch (error) {
        throw toApiError(error);
      }
    },
  });
}

/** Stores what changed; the page shows it at once and takes it back if it fails. */
export function useSaveReview(id: string) {
  const queryClient = useQueryClient();
  const { queryKey } = reviewQuery(id);
  return useMutation({
    mutationKey: ["review", id],
    // One after the other: the last word must be the last to arrive.
    scope: { id: `review-${id}` },
    mutationFn: async (change: Partial<Review>) => {
      const reviewedAt = change.evalStatus === undefined ? {} : { reviewedAt: change.evalStatus === "" ? 0 : Date.now() };
      await pb
        .collection("sessions")
        .update(id, { ...change, ...reviewedAt })
        .catch((error: unknown) => {
          throw toApiError(error);
        });
    },
    onMutate: async (change) => {
      await queryClient.cancelQueries({ queryKey });
      const before = queryClient.getQueryData(queryKey);
      if (before) queryClient.setQueryData(queryKey, { ...before, ...change });
      return before;
    },
    onError: (_error, _change, before) => {
      if (before) queryClient.setQueryData(queryKey, before);
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionKeys.lists }),
  });
}

export interface BulkChange {
  evalReady?: boolean;
  /** `null` takes the verdict back. */
  evalStatus?: EvalStatus | null;
  addTags?: string[];
}

export function useReviewMany() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, set }: { ids: readonly string[]; set: BulkChange }) =>
      sidecar<{ updated: number }>("/api/sessions/update", { method: "POST", body: { ids, set } }),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: sessionKeys.lists });
      void queryClient.invalidateQueries({ queryKey: sessionKeys.details });
    },
  });
}
