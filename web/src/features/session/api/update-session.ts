import { useMutation, useQueryClient } from "@tanstack/react-query";

import { usePocketBase } from "@/hooks/use-pocketbase";
import { type Session } from "@/hooks/use-session";
import { messageOf, toApiError } from "@/lib/errors";
import { sessionKeys } from "@/lib/query-keys";
import { toasts } from "@/lib/toasts";

export type SessionChange = Partial<Pick<Session, "title" | "titleEdited" | "evalReady">>;

/** Changes what the owner may change; the page shows it at once. */
export function useUpdateSession(id: string) {
  const client = usePocketBase();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (change: SessionChange) =>
      client
        .collection("sessions")
        .update(id, change, { fields: "id" })
        .catch((error: unknown) => {
          throw toApiError(error);
        }),
    onSuccess: (_, change) => {
      queryClient.setQueryData<Session>(sessionKeys.detail(id), (session) => session && { ...session, ...change });
      void queryClient.invalidateQueries({ queryKey: sessionKeys.lists });
    },
    onError: (error) => toasts.show(messageOf(error), { tone: "danger" }),
  });
}
