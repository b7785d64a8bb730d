import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";

import { jobsKey, sessionKeys, statsKey } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";

/** Has the sidecar delete it in the background; the frame shows how far that is. */
export function useDeleteSession(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationKey: deletionKey(id),
    // Forgotten with the page: the session may come back by a sync.
    gcTime: 0,
    mutationFn: () => sidecar("/api/sessions/delete", { method: "POST", body: { ids: [id] } }),
    onSuccess: () => {
      void queryClient.cancelQueries({ queryKey: sessionKeys.detail(id) });
      for (const queryKey of [sessionKeys.lists, statsKey, jobsKey]) void queryClient.invalidateQueries({ queryKey });
    },
  });
}

/** Whether this page has it deleted; events about it are then no reason to ask for it again. */
export function useIsDeleting(id: string): boolean {
  const states = useMutationState({ filters: { mutationKey: deletionKey(id) }, select: ({ state }) => state.status });
  return states.some((status) => status === "pending" || status === "success");
}

function deletionKey(id: string) {
  return ["delete-session", id] as const;
}
