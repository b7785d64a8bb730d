import { useMutation, useQueryClient } from "@tanstack/react-query";

import { sessionKeys } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";

import { type Include } from "../include";

export interface Published {
  slug: string;
  url: string;
}

export function usePublish(id: string) {
  return useShared(id, (include: Include) => sidecar<Published>(path(id, "publish"), { method: "POST", body: { include } }));
}

/** Makes it private again: the link is dead, and publishing anew makes another. */
export function useUnpublish(id: string) {
  return useShared(id, () => sidecar<{ ok: true }>(path(id, "unpublish"), { method: "POST", body: {} }));
}

function useShared<Variables, Answer>(id: string, mutationFn: (variables: Variables) => Promise<Answer>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: async () => {
      void queryClient.invalidateQueries({ queryKey: sessionKeys.lists });
      await queryClient.invalidateQueries({ queryKey: sessionKeys.detail(id), exact: true });
    },
  });
}

function path(id: string, verb: string): string {
  return `/api/sessions/${encodeURIComponent(id)}/${verb}`;
}
