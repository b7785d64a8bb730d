// What the sidecar answers. Times are Unix milliseconds.
import { type RecordModel } from "pocketbase";

export interface User {
  id: string;
  autheliaId: string;
  email: string;
  name: string;
  avatarUrl: string | null;
  enabledAgents: string[];
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

export interface Stats {
  sessionCount: number;
  messageCount: number;
  totalTokens: number;
  totalCost: number;
  totalDurationMs: number;
  modelUsage: Record<string, { tokens: number; cost: number; sessions: number }>;
}

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

export type Role = "user" | "assistant" | "system" | "tool" | "unknown";

export interface Part {
  type: string;
  content: unknown;
}

export interface Message {
  id: string;
  externalId: string;
  role: Role;
  textContent: string | null;
  model: string | null;
  promptTokens: number | null;
  completionTokens: number | null;
  durationMs: number | null;
  createdAt: number;
  parts: Part[];
}

export interface SessionDetail {
  id: string;
  externalId: string;
  title: string | null;
  projectName: string | null;
  projectPath: string | null;
  model: string | null;
  provider: string | null;
  source: string | null;
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  cost: number;
  messageCount: number;
  durationMs: number | null;
  isPublic: boolean;
  createdAt: number;
  updatedAt: number;
}

export interface SessionTranscript {
  session: SessionDetail;
  messages: Message[];
}
