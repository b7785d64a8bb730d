import { type Job } from "@/types/records";

import { formatInteger } from "./format";

/** What lists of jobs ask for: all but the names of what a rule removed, which may be many. */
export const JOB_FIELDS = "id,user,kind,status,reason,rule,error,total,done,counts,createdAt,startedAt,finishedAt";

export function isRunning({ status, finishedAt }: Pick<Job, "status" | "finishedAt">): boolean {
  return status === "queued" || status === "running" || isStopping({ status, finishedAt });
}

/** Whether it was stopped and still ends what it had begun. */
export function isStopping({ status, finishedAt }: Pick<Job, "status" | "finishedAt">): boolean {
  return status === "cancelled" && finishedAt === 0;
}

const WORK: Record<Job["kind"], { doing: string; done: string; were: string }> = {
  deleteSessions: { doing: "Deleting sessions", done: "Deleted", were: "deleted" },
  deleteData: { doing: "Deleting all synced data", done: "Deleted all synced data:", were: "deleted" },
  deleteAccount: { doing: "Deleting the account", done: "Deleted the account:", were: "deleted" },
  restoreSessions: { doing: "Restoring sessions", done: "Restored", were: "restored" },
  emptyTrash: { doing: "Emptying the trash", done: "Deleted for good:", were: "deleted for good" },
};

export function jobLabel({ kind, rule, reason }: Pick<Job, "kind" | "rule" | "reason">): string {
  if (rule) return `Rule “${rule}”`;
  return reason ? "Cleaning up" : WORK[kind].doing;
}

/** What to say when it has ended. */
export function jobResult({ kind, status, done, total, error }: Job): string {
  const sessions = `${formatInteger(done)} ${done === 1 ? "session" : "sessions"}`;
  if (status === "done") return `${WORK[kind].done} ${sessions}.`;
  const some = `${sessions} of ${formatInteger(total)} were ${WORK[kind].were}.`;
  if (status === "cancelled") return `Stopped. ${some}`;
  return `${WORK[kind].doing} failed. ${done > 0 ? `${some} ` : ""}${error || "Try again; if it lasts, look at the server's log."}`;
}
