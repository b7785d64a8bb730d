import { useEffect, useRef } from "react";

import { isRunning } from "@/lib/jobs";
import { type Job } from "@/types/records";

/** Reports each job once when it has ended, also one that was over before it was seen to run. */
export function useFinishedJobs(jobs: readonly Job[] | undefined, onFinished: (job: Job) => void): void {
  const known = useRef<ReadonlySet<string>>(undefined);
  useEffect(() => {
    if (!jobs) return;
    const ended = jobs.filter((job) => !isRunning(job));
    const before = known.current;
    known.current = new Set([...(before ?? []), ...ended.map(({ id }) => id)]);
    // What the page found at its start ended before.
    if (before) ended.filter(({ id }) => !before.has(id)).forEach(onFinished);
  }, [jobs, onFinished]);
}
