import { useMutation, useQueryClient } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";
import { type CreatedKey } from "@/types/api";

import { keysQuery } from "./get-keys";

interface NewKey {
  name: string;
  expiresAt: number | null;
}

export function useCreateKey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: NewKey) => sidecar<CreatedKey>("/api/keys", { method: "POST", body }),
    // The secret is for the dialog only, not for the cache.
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keysQuery.queryKey }),
  });
}
