import { useEffect, useRef } from "react";

import { isRunning } from "@/lib/jobs";
import { type Job } from "@/types/records";

/** Reports each job once when it ends, if this page saw it run. */
export function useFinishedJobs(jobs: readonly Job[], onFinished: (job: Job) => void): void {
  const running = useRef(new Set<string>());
  useEffect(() => {
    for (const job of jobs) {
      if (isRunning(job)) running.current.add(job.id);
      else if (running.current.delete(job.id)) onFinished(job);
    }
  }, [jobs, onFinished]);
}
