// Made by `node scripts/generate-records.mjs` from pb_schema/*.json. Absent text is "", absent numbers are 0.

export interface ApiKeysRecord {
  id: string;
  user: string;
  name: string;
  prefix: string;
  lastUsedAt: number;
  expiresAt: number;
  revokedAt: number;
  createdAt: number;
  created: string;
  updated: string;
}

export interface ApiLogsRecord {
  id: string;
  user: string;
  apiKey: string;
  endpoint: string;
  method: string;
  statusCode: number;
  responseTimeMs: number;
  createdAt: number;
}

export interface CleanupRulesRecord {
  id: string;
  user: string;
  name: string;
  enabled: boolean;
  conditions: unknown;
  createdAt: number;
  lastRunAt: number;
  lastCount: number;
}

export interface JobsRecord {
  id: string;
  user: string;
  kind: "deleteSessions" | "deleteData" | "deleteAccount" | "restoreSessions" | "emptyTrash";
  status: "queued" | "running" | "done" | "failed" | "cancelled";
  keep: boolean;
  reason: string;
  rule: string;
  total: number;
  done: number;
  counts: unknown;
  removed: unknown;
  error: string;
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  created: string;
  updated: string;
}

export interface MessageEmbeddingsRecord {
  id: string;
  message: string;
  session: string;
  chunk: number;
  user: string;
  model: string;
  dimensions: number;
  textHash: string;
  createdAt: number;
  created: string;
  updated: string;
}

export interface MessagesRecord {
  id: string;
  session: string;
  externalId: string;
  role: "user" | "assistant" | "system" | "tool" | "unknown";
  textContent: string;
  model: string;
  provider: string;
  promptTokens: number;
  completionTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  cost: number;
  durationMs: number;
  seq: number;
  extra: unknown;
  createdAt: number;
  created: string;
  updated: string;
}

export interface PartsRecord {
  id: string;
  message: string;
  type: string;
  content: unknown;
  order: number;
}

export interface SessionEmbeddingsRecord {
  id: string;
  session: string;
  user: string;
  model: string;
  dimensions: number;
  textHash: string;
  createdAt: number;
  created: string;
  updated: string;
}

export interface SessionsRecord {
  id: string;
  user: string;
  externalId: string;
  title: string;
  titleEdited: boolean;
  projectPath: string;
  projectName: string;
  model: string;
  provider: string;
  source: string;
  sourceAssumed: boolean;
  stub: boolean;
  gitBranch: string;
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  cost: number;
  durationMs: number;
  messageCount: number;
  toolCallCount: number;
  endReason: string;
  isPublic: boolean;
  publicSlug: string;
  publicInclude: unknown;
  searchableText: string;
  summary: string;
  evalReady: boolean;
  evalStatus: "golden" | "correct" | "incorrect" | "needs_review" | "";
  evalNotes: string;
  evalTags: unknown;
  expectedOutput: string;
  reviewedAt: number;
  extra: unknown;
  createdAt: number;
  updatedAt: number;
  created: string;
  updated: string;
}

export interface TrashRecord {
  id: string;
  user: string;
  session: string;
  status: "moving" | "kept" | "purging";
  title: string;
  source: string;
  projectName: string;
  model: string;
  messageCount: number;
  records: number;
  bytes: number;
  reason: string;
  rule: string;
  job: string;
  createdAt: number;
  updatedAt: number;
  deletedAt: number;
}

export interface TrashRowsRecord {
  id: string;
  trash: string;
  collection: "sessions" | "messages" | "parts";
  parent: string;
  data: unknown;
}

export interface UsersRecord {
  id: string;
  email: string;
  autheliaId: string;
  name: string;
  avatarUrl: string;
  profilePhotoId: string;
  enabledAgents: unknown;
  groups: unknown;
  createdAt: number;
  updatedAt: number;
  created: string;
  updated: string;
}
