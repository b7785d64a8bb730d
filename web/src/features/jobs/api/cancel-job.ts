import { useMutation, useQueryClient } from "@tanstack/react-query";

import { jobsKey } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";
import { type Job } from "@/types/records";

export function useCancelJob() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => sidecar<{ job: Job }>(`/api/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: jobsKey }),
  });
}
