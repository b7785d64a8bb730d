import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";

export interface EmbeddingStatus {
  enabled: boolean;
  embedder: string | null;
  model: string | null;
  dimensions: number | null;
  state: "ok" | "off" | "working" | "stopped";
  reason: string | null;
  sessions: { done: number; total: number };
  messages: { done: number; total: number };
}

const BUSY_MS = 3_000;
const IDLE_MS = 30_000;

/** Vectors are no records of the user's, so that no event tells of them: it is asked again, sooner while they grow. */
export const embeddingsQuery = queryOptions({
  queryKey: ["embeddings"],
  queryFn: ({ signal }) => sidecar<EmbeddingStatus>("/api/embeddings", { signal }),
  refetchInterval: ({ state }) => (state.data?.state === "working" ? BUSY_MS : IDLE_MS),
});

export function useBackfill() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => sidecar<unknown>("/api/embeddings/backfill", { method: "POST" }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: embeddingsQuery.queryKey }),
  });
}
