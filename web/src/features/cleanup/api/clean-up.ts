import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { jobsKey, sessionKeys } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";
import { type Job } from "@/types/records";

import { type Conditions } from "../conditions";

export interface Found {
  id: string;
  title: string;
  source: string;
  projectName: string;
  messageCount: number;
  cost: number;
  updatedAt: number;
}

export interface Preview {
  sessions: number;
  messages: number;
  parts: number;
  bytes: number;
  /** Those that are longest untouched. */
  first: Found[];
}

/**
 * What would go; a rule leaves alone what arrived here only just. Kept under the lists' key, so that
 * an event counts anew.
 */
export function previewQuery(conditions: Conditions, by: "hand" | "rule" = "hand") {
  return queryOptions({
    queryKey: [...sessionKeys.lists, "cleanup", by, conditions] as const,
    queryFn: ({ signal }) =>
      sidecar<Preview>(`/api/cleanup/preview${by === "rule" ? "?as=rule" : ""}`, { method: "POST", body: conditions, signal }),
  });
}

/** Starts the job; the frame shows how far it is, whatever page is open. */
export function useCleanUp() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (conditions: Conditions) => sidecar<{ job: Job }>("/api/cleanup", { method: "POST", body: conditions }),
    onSettled: () => {
      for (const queryKey of [jobsKey, sessionKeys.lists]) void queryClient.invalidateQueries({ queryKey });
    },
  });
}
