import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";

import { usePocketBase } from "@/hooks/use-pocketbase";
import { toApiError } from "@/lib/errors";
import { sessionKeys } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";
import { begun, isWhole, query as askFor, type Transcript, type TranscriptPage, withPage } from "@/lib/transcript-pages";
import { type SessionsRecord } from "@/types/collections";

const FIELDS = [
  ...(["id", "externalId", "title", "titleEdited", "projectPath", "projectName", "gitBranch", "model", "provider", "source"] as const),
  ...(["promptTokens", "completionTokens", "totalTokens", "cacheReadTokens", "cacheWriteTokens", "cost", "durationMs"] as const),
  ...(["messageCount", "isPublic", "publicSlug", "publicInclude", "evalReady", "evalStatus", "createdAt", "updatedAt"] as const),
] as const;

export type Session = Pick<SessionsRecord, (typeof FIELDS)[number]>;

/** A session without its messages. */
export function useSession(id: string, { isEnabled = true } = {}) {
  const client = usePocketBase();
  return useQuery({
    enabled: isEnabled,
    queryKey: sessionKeys.detail(id),
    queryFn: ({ signal }) =>
      client
        .collection<Session>("sessions")
        .getOne(id, { fields: FIELDS.join(","), signal })
        .catch((error: unknown) => {
          throw toApiError(error);
        }),
  });
}

/**
 * The messages of a session, as far as they are read. An event about the session makes this read
 * what changed, not everything anew.
 */
export function useTranscript(id: string, { isEnabled = true } = {}) {
  const query = useQuery({ ...transcriptQuery(id), enabled: isEnabled });
  return { ...query, messages: query.data?.messages, isWhole: query.data !== undefined && isWhole(query.data) };
}

function transcriptQuery(id: string) {
  return queryOptions<Transcript>({
    queryKey: [...sessionKeys.detail(id), "transcript"],
    queryFn: ({ client, queryKey, signal }) => readTranscript(client, queryKey, id, signal),
    // Comparing twenty thousand parts would take longer than drawing those in view.
    structuralSharing: false,
  });
}

async function readTranscript(client: QueryClient, queryKey: readonly unknown[], id: string, signal: AbortSignal): Promise<Transcript> {
  const known = client.getQueryData<Transcript>(queryKey);
  const read = async (from: Transcript): Promise<Transcript> => {
    let transcript = from;
    do {
      const page = await sidecar<TranscriptPage>(`/api/sessions/${encodeURIComponent(id)}/transcript?${askFor(transcript)}`, { signal });
      transcript = withPage(transcript, page);
      if (transcript.run) client.setQueryData(queryKey, transcript);
    } while (transcript.run);
    return transcript;
  };
  const transcript = await read(begun(known));
  // A reading that was cut off knows nothing of why: what changed since is read after it.
  return known?.run ? read(begun(transcript)) : transcript;
}
