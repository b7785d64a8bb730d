import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { InlineError } from "@/components/ui/error-message";
import { RunningItem, RunningWork } from "@/components/ui/running-work";
import { useJobs, useJobsRealtime } from "@/hooks/use-jobs";
import { formatInteger } from "@/lib/format";
import { isRunning, isStopping, jobLabel, jobResult } from "@/lib/jobs";
import { toasts } from "@/lib/toasts";
import { type Job } from "@/types/records";

import { useCancelJob } from "../api/cancel-job";
import { useFinishedJobs } from "../use-finished-jobs";

/** Long work that runs on the server, at the edge of whatever page is shown. */
export function JobsTray() {
  useJobsRealtime();
  const jobs = useJobs();
  const queryClient = useQueryClient();
  const onFinished = useCallback(
    (job: Job) => {
      toasts.show(jobResult(job), { tone: job.status === "failed" ? "danger" : "neutral" });
      // Nearly everything that is shown counts or lists sessions.
      void queryClient.invalidateQueries();
    },
    [queryClient],
  );
  useFinishedJobs(jobs, onFinished);

  const running = jobs?.filter(isRunning) ?? [];
  if (running.length === 0) return null;
  return (
    <RunningWork label="Running work">
      {running.map((job) => (
        <RunningJob key={job.id} job={job} />
      ))}
    </RunningWork>
  );
}

function RunningJob({ job }: { job: Job }) {
  const cancel = useCancelJob();
  const isCounted = job.status === "running" && job.total > 0;
  return (
    <RunningItem
      label={jobLabel(job)}
      state={isStopping(job) ? "Stopping" : isCounted ? `${formatInteger(job.done)} of ${formatInteger(job.total)}` : "Waiting"}
      value={job.done}
      max={isCounted ? job.total : undefined}
      onStop={() => cancel.mutate(job.id)}
      isStopping={cancel.isPending || isStopping(job)}
    >
      {cancel.error && <InlineError error={cancel.error} />}
    </RunningItem>
  );
}
