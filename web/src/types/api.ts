// What the sidecar answers. Times are Unix milliseconds.
import { type RecordModel } from "pocketbase";

export interface User {
  id: string;
  autheliaId: string;
  email: string;
  name: string;
  avatarUrl: string | null;
  enabledAgents: string[] | null;
  createdAt: number;
}

export interface Me {
  user: User;
  token: string;
  tokenExpiresAt: number;
  record: RecordModel;
  isAdmin: boolean;
  signOutUrl: string | null;
  version: string;
}

/** Sums of sessions by quarter of an hour, agent, model, provider and project. */
export interface Usage {
  names: Record<UsageName, string[]>;
  /** The last update of each project. */
  lastActive: number[];
  /** Columns of equal length. Names are places in `names`; `hour` counts since 1970 in UTC, in quarters. */
  rows: Record<UsageName | UsageSum | "hour", number[]>;
}

type UsageName = "source" | "model" | "provider" | "project";
type UsageSum =
  | "sessions"
  | "messages"
  | "promptTokens"
  | "completionTokens"
  | "totalTokens"
  | "cacheReadTokens"
  | "cacheWriteTokens"
  | "cost"
  | "durationMs";

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  createdAt: number;
  lastUsedAt: number | null;
  expiresAt: number | null;
  revokedAt: number | null;
}

export interface CreatedKey {
  /** The whole key; the server keeps only its hash. */
  key: string;
  record: ApiKey;
}
