import { useMutation, useQueryClient } from "@tanstack/react-query";

import { usePocketBase } from "@/hooks/use-pocketbase";
import { toApiError } from "@/lib/errors";
import { sessionKeys } from "@/lib/query-keys";

/** Sets a title that sync keeps; an emptied one is left to the agent again. */
export function useRenameSession() {
  const client = usePocketBase();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, title }: { id: string; title: string }) => {
      try {
        await client.collection("sessions").update(id, { title, titleEdited: title !== "" }, { fields: "id" });
      } catch (error) {
        throw toApiError(error);
      }
    },
    onSuccess: (_, { id }) =>
      // Waited for, so that the field does not give way to the former title.
      Promise.all([
        queryClient.invalidateQueries({ queryKey: sessionKeys.lists }),
        queryClient.invalidateQueries({ queryKey: sessionKeys.detail(id) }),
      ]),
  });
}
