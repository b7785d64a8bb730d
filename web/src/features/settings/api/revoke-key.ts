import { useMutation, useQueryClient } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";

import { keysQuery } from "./get-keys";

export function useRevokeKey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => sidecar<unknown>(`/api/keys/${encodeURIComponent(id)}`, { method: "DELETE" }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keysQuery.queryKey }),
  });
}
