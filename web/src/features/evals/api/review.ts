import { queryOptions, useMutation, useMutationState, useQuery, useQueryClient } from "@tanstack/react-query";

import { messageOf, toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { sessionKeys } from "@/lib/query-keys";
import { type EvalStatus } from "@/lib/session-filter";
import { sidecar } from "@/lib/sidecar";
import { toasts } from "@/lib/toasts";

/** What a person says about a session. */
export interface Review {
  evalStatus: EvalStatus | "";
  evalTags: string[];
  evalNotes: string;
  expectedOutput: string;
}

interface Reviewed extends Review {
  title: string;
}

type StoredReview = Omit<Reviewed, "evalTags"> & { evalTags: string[] | null };

const FIELDS = "title,evalStatus,evalTags,evalNotes,expectedOutput";

function reviewedOf(stored: StoredReview): Reviewed {
  return { ...stored, evalTags: stored.evalTags ?? [] };
}

function reviewQuery(id: string) {
  return queryOptions({
    queryKey: [...sessionKeys.detail(id), "review"] as const,
    queryFn: async ({ signal }) => {
      try {
        return reviewedOf(await pb.collection<StoredReview>("sessions").getOne(id, { fields: FIELDS, signal }));
      } catch (error) {
        throw toApiError(error);
      }
    },
  });
}

const saveKey = (id: string) => ["review", id] as const;

/**
 * What is `stored` of a session, and the same as it is to be `shown`: with what is on its way to the
 * server, which may be read anew before all of that has arrived there.
 */
export function useReview(id: string) {
  const { data: stored, error, refetch } = useQuery(reviewQuery(id));
  const coming = useMutationState({
    filters: { mutationKey: saveKey(id), status: "pending" },
    select: ({ state }) => state.variables as Partial<Review>,
  });
  const shown: Reviewed | undefined = stored && coming.reduce<Reviewed>((review, change) => ({ ...review, ...change }), stored);
  return { stored, shown, error, refetch };
}

/** Stores what changed. */
export function useSaveReview(id: string) {
  const queryClient = useQueryClient();
  const { queryKey } = reviewQuery(id);
  return useMutation({
    mutationKey: saveKey(id),
    // One after the other: the last word must be the last to arrive.
    scope: { id: `review-${id}` },
    mutationFn: (change: Partial<Review>) => {
      const reviewedAt = change.evalStatus === undefined ? {} : { reviewedAt: change.evalStatus === "" ? 0 : Date.now() };
      return pb
        .collection<StoredReview>("sessions")
        .update(id, { ...change, ...reviewedAt }, { fields: FIELDS })
        .catch((error: unknown) => {
          throw toApiError(error);
        });
    },
    onSuccess: async (stored) => {
      // What was asked for before is older than this answer.
      await queryClient.cancelQueries({ queryKey });
      queryClient.setQueryData(queryKey, reviewedOf(stored));
    },
    // The session may no longer be under review.
    onError: (error) => toasts.show(`The review was not saved. ${messageOf(error)}`, { tone: "danger" }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionKeys.lists }),
  });
}

export interface BulkChange {
  evalReady?: boolean;
  /** `null` takes the verdict back. */
  evalStatus?: EvalStatus | null;
  addTags?: string[];
  removeTags?: string[];
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
