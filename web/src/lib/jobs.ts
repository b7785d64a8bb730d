import { type Job } from "@/types/records";

import { formatInteger } from "./format";

/** What lists of jobs ask for: all but the names of what a rule removed, which may be many. */
export const JOB_FIELDS = "id,user,kind,keep,status,reason,rule,error,total,done,counts,createdAt,startedAt,finishedAt";

export function isRunning({ status, finishedAt }: Pick<Job, "status" | "finishedAt">): boolean {
  return status === "queued" || status === "running" || isStopping({ status, finishedAt });
}

/** Whether it was stopped and still ends what it had begun. */
export function isStopping({ status, finishedAt }: Pick<Job, "status" | "finishedAt">): boolean {
  return status === "cancelled" && finishedAt === 0;
}

interface Words {
  doing: string;
  done: (sessions: string) => string;
  were: string;
}

const FOR_GOOD = "deleted for good";

const WORK: Record<Job["kind"] | "keepSessions", Words> = {
  keepSessions: { doing: "Moving sessions to the trash", done: (sessions) => `Moved ${sessions} to the trash.`, were: "moved to the trash" },
  deleteSessions: { doing: "Deleting sessions", done: (sessions) => `Deleted ${sessions} for good.`, were: FOR_GOOD },
  deleteData: { doing: "Deleting all synced data", done: (sessions) => `Deleted all synced data for good: ${sessions}.`, were: FOR_GOOD },
  deleteAccount: { doing: "Deleting the account", done: (sessions) => `Deleted the account for good: ${sessions}.`, were: FOR_GOOD },
  restoreSessions: { doing: "Restoring sessions", done: (sessions) => `Restored ${sessions}.`, were: "restored" },
  emptyTrash: { doing: "Emptying the trash", done: (sessions) => `Deleted ${sessions} for good.`, were: FOR_GOOD },
};

/** Where the server keeps a trash, deleted sessions go there. */
function wordsOf({ kind, keep }: Pick<Job, "kind" | "keep">): Words {
  return WORK[kind === "deleteSessions" && keep ? "keepSessions" : kind];
}

export function jobLabel(job: Pick<Job, "kind" | "keep" | "rule" | "reason">): string {
  if (job.rule) return `Rule “${job.rule}”`;
  return job.reason ? "Cleaning up" : wordsOf(job).doing;
}

/** What to say when it has ended. */
export function jobResult(job: Job): string {
  const { status, done, total, error } = job;
  const words = wordsOf(job);
  const sessions = `${formatInteger(done)} ${done === 1 ? "session" : "sessions"}`;
  if (status === "done") return words.done(sessions);
  const some = `${sessions} of ${formatInteger(total)} were ${words.were}.`;
  if (status === "cancelled") return `Stopped. ${some}`;
  return `${words.doing} failed. ${done > 0 ? `${some} ` : ""}${error || "Try again; if it lasts, look at the server's log."}`;
}
