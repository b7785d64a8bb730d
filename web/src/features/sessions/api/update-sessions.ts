import { useMutation, useQueryClient } from "@tanstack/react-query";

import { sessionKeys } from "@/lib/query-keys";
import { type EvalStatus } from "@/lib/session-filter";
import { sidecar } from "@/lib/sidecar";

import { type SelectionBody } from "../selection";

export interface SessionChange {
  evalReady?: boolean;
  /** `null` takes the verdict back. */
  evalStatus?: EvalStatus | null;
  addTags?: string[];
  removeTags?: string[];
}

/** Changes the sessions of a selection; answers how many there were. */
export function useUpdateSessions() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ bodies, set }: { bodies: readonly SelectionBody[]; set: SessionChange }) => {
      let updated = 0;
      for (const body of bodies) {
        const answer = await sidecar<{ updated: number }>("/api/sessions/update", { method: "POST", body: { ...body, set } });
        updated += answer.updated;
      }
      return updated;
    },
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: sessionKeys.lists });
      void queryClient.invalidateQueries({ queryKey: sessionKeys.details });
    },
  });
}
