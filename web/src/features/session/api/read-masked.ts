import { useMutation } from "@tanstack/react-query";

import { type Session } from "@/hooks/use-session";
import { messageOf } from "@/lib/errors";
import { sidecar } from "@/lib/sidecar";
import { toasts } from "@/lib/toasts";
import { begun, query, type StoredMessage, type TranscriptPage, withPage } from "@/lib/transcript-pages";

export interface MaskedSession {
  session: Session;
  messages: readonly StoredMessage[];
}

interface MaskedPage extends TranscriptPage {
  session: Pick<Session, "externalId" | "title" | "projectName" | "projectPath" | "gitBranch" | "source" | "model" | "provider">;
}

/** Reads the whole session without its secrets, for what leaves the archive. */
export function useReadMasked(session: Session) {
  return useMutation({
    mutationFn: () => readMasked(session),
    gcTime: 0,
    onError: (error) => toasts.show(`The session could not be read. ${messageOf(error)}`, { tone: "danger" }),
  });
}

export async function readMasked(session: Session): Promise<MaskedSession> {
  const path = `/api/sessions/${encodeURIComponent(session.id)}/transcript?masked=true`;
  let transcript = begun();
  let page: MaskedPage;
  do {
    page = await sidecar<MaskedPage>(`${path}&${query(transcript)}`);
    transcript = withPage(transcript, page);
  } while (transcript.run);
  return { session: { ...session, ...page.session }, messages: transcript.messages };
}
