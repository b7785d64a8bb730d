// Rows as the dashboard reads them from PocketBase; their fields come from the schema (collections.ts).
import { type JobsRecord, type SessionsRecord } from "./collections";

export type SessionRow = Pick<
  SessionsRecord,
  | "id"
  | "title"
  | "projectName"
  | "projectPath"
  | "model"
  | "provider"
  | "source"
  | "totalTokens"
  | "cost"
  | "messageCount"
  | "durationMs"
  | "createdAt"
  | "updatedAt"
  | "isPublic"
  | "evalReady"
  | "evalStatus"
> & { evalTags: string[] | null };

/** Long work of the sidecar: what it is, how far it got, how it ended. */
export type Job = Omit<JobsRecord, "counts" | "removed" | "created" | "updated"> & { counts: Record<string, number> | null };
