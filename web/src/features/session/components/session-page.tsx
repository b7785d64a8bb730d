import { Link } from "@tanstack/react-router";

import { Transcript } from "@/components/transcript/transcript";
import { buttonClass } from "@/components/ui/button";
import { ErrorMessage, InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { useDocumentTitle } from "@/hooks/use-document-title";
import { type Session, useSession, useTranscript } from "@/hooks/use-session";
import { ApiError } from "@/lib/errors";
import { plainText } from "@/lib/text";

import { useIsDeleting } from "../api/delete-session";

import { SessionHeader } from "./session-header";

export function SessionPage({ id, messageId }: { id: string; messageId: string | undefined }) {
  const isDeleting = useIsDeleting(id);
  const session = useSession(id, { isEnabled: !isDeleting });
  useDocumentTitle(plainText(session.data?.title ?? "") || "Session");

  // Deleted meanwhile: what was read before must not stay on the screen.
  if (isMissing(session.error)) return <Problem error={session.error} />;
  if (session.data) return <SessionView session={session.data} messageId={messageId} isDeleting={isDeleting} />;
  if (session.error) return <Problem error={session.error} onRetry={() => void session.refetch()} />;
  return <Loading />;
}

function SessionView({ session, messageId, isDeleting }: { session: Session; messageId: string | undefined; isDeleting: boolean }) {
  const transcript = useTranscript(session.id, { isEnabled: !isDeleting });
  const retry = () => void transcript.refetch();
  return (
    <article className="flex h-full flex-col">
      <SessionHeader session={session} />
      {transcript.messages ? (
        <>
          {transcript.error && !transcript.isWhole && (
            <div className="px-4 pt-2 md:px-8">
              <InlineError error={transcript.error} onRetry={retry} />
            </div>
          )}
          <Transcript messages={transcript.messages} isComplete={transcript.isWhole} targetId={messageId} />
        </>
      ) : transcript.error ? (
        <ErrorMessage title="The messages did not load" error={transcript.error} onRetry={retry} />
      ) : (
        <LoadingMessages />
      )}
    </article>
  );
}

function Problem({ error, onRetry }: { error: Error | null; onRetry?: () => void }) {
  return (
    <ErrorMessage
      isPage
      title={onRetry ? "The session did not load" : "There is no such session"}
      error={error}
      onRetry={onRetry}
      action={
        <Link to="/sessions" className={buttonClass("secondary")}>
          All sessions
        </Link>
      }
    />
  );
}

function Loading() {
  return (
    <div role="status" className="flex h-full flex-col">
      <span className="sr-only">Loading the session…</span>
      <div className="border-b border-line bg-surface px-4 py-3 md:px-8">
        <div className="grid max-w-4xl gap-3 py-1">
          <Skeleton className="h-3 w-16" />
          <Skeleton className="h-5 w-2/3" />
          <Skeleton className="h-3 w-1/2" />
        </div>
      </div>
      <LoadingMessages />
    </div>
  );
}

function LoadingMessages() {
  return (
    <div aria-hidden className="mx-auto grid w-full max-w-4xl gap-8 px-4 py-8 md:px-8">
      {[0, 1, 2].map((row) => (
        <div key={row} className="grid gap-2.5">
          <Skeleton className="h-3 w-28" />
          <Skeleton className="h-3.5 w-full" />
          <Skeleton className="h-3.5 w-4/5" />
        </div>
      ))}
    </div>
  );
}

function isMissing(error: Error | null): boolean {
  return error instanceof ApiError && error.kind === "not-found";
}
