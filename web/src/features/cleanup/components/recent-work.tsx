import clsx from "clsx";

import { Badge, type Tone } from "@/components/ui/badge";
import { useJobs } from "@/hooks/use-jobs";
import { useNow } from "@/hooks/use-now";
import { formatDateTime, formatInteger, formatRelative } from "@/lib/format";
import { isRunning, jobLabel, jobResult } from "@/lib/jobs";
import { type Job } from "@/types/records";

const STATUS: Record<Job["status"], { label: string; tone: Tone }> = {
  queued: { label: "Waiting", tone: "neutral" },
  running: { label: "Running", tone: "accent" },
  done: { label: "Done", tone: "success" },
  failed: { label: "Failed", tone: "danger" },
  cancelled: { label: "Stopped", tone: "warn" },
};

/** What was deleted and restored lately, why, and how it ended. */
export function RecentWork() {
  const jobs = useJobs();
  if (!jobs || jobs.length === 0) return null;
  return (
    <section aria-label="Recent work" className="card min-w-0">
      <h2 className="border-b border-line px-4 py-3 text-[0.9375rem] font-semibold">Recent work</h2>
      <ul className="divide-y divide-line/60">
        {jobs.map((job) => (
          <WorkRow key={job.id} job={job} />
        ))}
      </ul>
    </section>
  );
}

function WorkRow({ job }: { job: Job }) {
  const now = useNow();
  const { label, tone } = STATUS[job.status];
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2.5 text-[0.8125rem]">
      <Badge tone={tone}>{label}</Badge>
      <span className="font-medium">{jobLabel(job)}</span>
      {job.reason !== "" && <span className="text-muted">{job.reason}</span>}
      <p className="nums flex w-full justify-between gap-4 text-xs text-muted">
        <span className={clsx(job.status === "failed" && "text-danger")}>
          {isRunning(job) ? `${formatInteger(job.done)} of ${formatInteger(job.total)}` : jobResult(job)}
        </span>
        <time className="whitespace-nowrap" title={formatDateTime(job.createdAt)}>
          {formatRelative(job.createdAt, now)}
        </time>
      </p>
    </li>
  );
}
