import { useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useCallback } from "react";

import { Button } from "@/components/ui/button";
import { InlineError } from "@/components/ui/error-message";
import { Progress } from "@/components/ui/progress";
import { useJobs, useJobsRealtime } from "@/hooks/use-jobs";
import { formatInteger } from "@/lib/format";
import { isRunning, jobLabel, jobResult } from "@/lib/jobs";
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

  const running = jobs.filter(isRunning);
  if (running.length === 0) return null;
  return (
    <section
      aria-label="Running work"
      className="appear pointer-events-auto grid w-80 max-w-full gap-3 rounded-xl border border-line bg-surface p-3 shadow-xl"
    >
      {running.map((job) => (
        <RunningJob key={job.id} job={job} />
      ))}
    </section>
  );
}

function RunningJob({ job }: { job: Job }) {
  const cancel = useCancelJob();
  const label = jobLabel(job);
  const isCounted = job.status === "running" && job.total > 0;
  return (
    <div className="grid gap-2">
      <div className="flex items-center gap-2 text-[0.8125rem]">
        <span className="min-w-0 flex-1 truncate font-medium">{label}…</span>
        <span className="nums text-xs text-muted">
          {isCounted ? `${formatInteger(job.done)} of ${formatInteger(job.total)}` : "Waiting"}
        </span>
        <Button variant="ghost" isIcon className="-my-1 -mr-1" aria-label={`Stop: ${label}`} title="Stop" disabled={cancel.isPending} onClick={() => cancel.mutate(job.id)}>
          <X aria-hidden />
        </Button>
      </div>
      <Progress label={label} value={job.done} max={isCounted ? job.total : undefined} />
      {cancel.error && <InlineError error={cancel.error} />}
    </div>
  );
}
