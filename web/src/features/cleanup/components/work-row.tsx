import clsx from "clsx";
import { type ReactNode } from "react";

import { Badge, type Tone } from "@/components/ui/badge";
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

/** A piece of work: what, why, how it ended; below it what more there is to say. */
export function WorkRow({ job, children }: { job: Job; children?: ReactNode }) {
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
      {children}
    </li>
  );
}
