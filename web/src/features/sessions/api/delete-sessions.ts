import { useMutation, useQueryClient } from "@tanstack/react-query";

import { sessionKeys, statsKey } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";

import { type SelectionBody } from "../selection";

/** Starts the jobs that delete; the frame shows how far they are, whatever page is open. */
export function useDeleteSessions() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (bodies: readonly SelectionBody[]) => {
      for (const body of bodies) await sidecar("/api/sessions/delete", { method: "POST", body });
    },
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: sessionKeys.lists });
      void queryClient.invalidateQueries({ queryKey: statsKey });
    },
  });
}
