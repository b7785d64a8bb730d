import { useQuery } from "@tanstack/react-query";

import { sessionKeys } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";
import { type SessionTranscript } from "@/types/api";

/** A session with all its messages and parts, in one answer. */
export function useSession(id: string) {
  return useQuery({
    queryKey: sessionKeys.detail(id),
    queryFn: ({ signal }) => sidecar<SessionTranscript>(`/api/sessions/${encodeURIComponent(id)}`, { signal }),
  });
}
