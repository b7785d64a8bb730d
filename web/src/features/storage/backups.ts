import { formatBytes } from "@/lib/bytes";
import { formatDateTime, formatInteger, formatRelative } from "@/lib/format";

import { type ServerStorage } from "./api/get-storage";

type Backups = Pick<ServerStorage, "backups" | "backupRuns">;

/** How much there is of backups, how old the newest is, and when the next comes. */
export function backupsFigure({ backups, backupRuns }: Backups, now: number): { label: string; value: string; hint: string } {
  const next = nextBackup(backupRuns);
  if (backups === null) return { label: "Backups", value: "–", hint: `They cannot be listed now; ${next}` };
  const kept =
    backups.newest === null ? "There is none" : `${formatInteger(backups.count)} kept, newest ${formatRelative(backups.newest, now)}`;
  return { label: "Backups", value: formatBytes(backups.bytes), hint: `${kept}; ${next}` };
}

/** What went wrong since the last backup that was made; empty where nothing did. */
export function backupFailure({ failed, reason }: ServerStorage["backupRuns"], now: number): string {
  return failed === null ? "" : `The last backup failed ${formatRelative(failed, now)}: ${reason}`;
}

function nextBackup({ running, next }: ServerStorage["backupRuns"]): string {
  if (running) return "one is being made";
  return next === null ? "none is made by itself" : `next ${formatDateTime(next)}`;
}
