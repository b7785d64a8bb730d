import { useMutation } from "@tanstack/react-query";

import { useMe } from "@/hooks/use-auth-sync";
import { auth } from "@/lib/auth";
import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";

/** Sets which agents the source filter offers; an empty list means all of them. */
export function useSetAgents() {
  const { user } = useMe();
  return useMutation({
    mutationFn: async (enabledAgents: string[]) => {
      try {
        await pb.collection("users").update(user.id, { enabledAgents });
      } catch (error) {
        throw toApiError(error);
      }
      await auth.renew();
    },
  });
}
