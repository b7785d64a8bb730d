import { queryOptions } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";

export interface Amount {
  sessions: number;
  messages: number;
  parts: number;
  bytes: number;
}

export interface Week extends Amount {
  /** Monday, midnight UTC. */
  start: number;
}

export interface LargeSession {
  id: string;
  title: string;
  project: string;
  messages: number;
  parts: number;
  bytes: number;
}

export interface ServerStorage {
  measuredAt: number;
  database: number;
  free: number;
  wal: number;
  logs: number;
  index: number;
  backups: { count: number; bytes: number; newest: number | null } | null;
  /** How backups go; `reason` says why the last attempt failed. */
  backupRuns: {
    everyHours: number;
    running: boolean;
    succeeded: number | null;
    failed: number | null;
    reason: string;
    next: number | null;
  };
  /** Sync requests that PocketBase has not taken yet, or refuses. */
  spool: { waiting: number; bytes: number; since: number | null; setAside: number };
  disk: { total: number; free: number } | null;
  tables: { name: string; bytes: number }[];
  users: (Amount & { id: string; name: string; email: string; vectors: number })[];
}

export interface Storage {
  measuredAt: number;
  collections: { name: string; rows: number; bytes: number }[];
  weeks: Week[];
  sessions: LargeSession[];
  projects: (Amount & { name: string })[];
  vectors: { count: number; index: "files" | "qdrant" | "off"; qdrantAdvised: number };
  /** For administrators. */
  server: ServerStorage | null;
}

export const storageQuery = queryOptions({
  queryKey: ["storage"],
  queryFn: ({ signal }) => sidecar<Storage>("/api/storage", { signal }),
  // The server measures no more often.
  staleTime: 60_000,
});
