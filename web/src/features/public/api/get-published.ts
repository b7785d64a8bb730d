import { infiniteQueryOptions } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";
import { type TranscriptMessage } from "@/lib/transcript";

/** A session as its owner chose to show it; what was not agreed to is absent. */
export interface PublishedSession {
  title: string | null;
  source: string | null;
  model: string | null;
  provider: string | null;
  projectName?: string | null;
  projectPath?: string | null;
  cost?: number;
  notes?: string | null;
  totalTokens: number;
  messageCount: number;
  durationMs: number | null;
  createdAt: number;
  updatedAt: number;
}

interface PublishedPage {
  session: PublishedSession;
  messages: TranscriptMessage[];
  cursor: string | null;
  /** Secrets masked in this page's messages. */
  redactions: number;
}

export function publishedQuery(slug: string) {
  return infiniteQueryOptions({
    queryKey: ["published", slug] as const,
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === "" ? "" : `?cursor=${encodeURIComponent(pageParam)}`;
      return sidecar<PublishedPage>(`/api/public/${encodeURIComponent(slug)}${cursor}`, { signal });
    },
    initialPageParam: "",
    getNextPageParam: ({ cursor }) => cursor ?? undefined,
    staleTime: 60_000,
  });
}
