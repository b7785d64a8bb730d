import { Link } from "@tanstack/react-router";

import { buttonClass } from "@/components/ui/button";
import { ErrorMessage } from "@/components/ui/error-message";
import { Spinner } from "@/components/ui/spinner";
import { useDocumentTitle } from "@/hooks/use-document-title";
import { useSession } from "@/hooks/use-session";
import { ApiError } from "@/lib/errors";

import { MessageList } from "./message-list";
import { SessionHeader } from "./session-header";

export function SessionPage({ id }: { id: string }) {
  const transcript = useSession(id);
  useDocumentTitle(transcript.data?.session.title ?? "Session");

  if (transcript.data) {
    return (
      <article className="flex h-full flex-col">
        <SessionHeader session={transcript.data.session} />
        <MessageList messages={transcript.data.messages} />
      </article>
    );
  }
  if (transcript.error) return <SessionError error={transcript.error} onRetry={() => void transcript.refetch()} />;
  return (
    <div className="grid h-full place-items-center">
      <Spinner label="Loading the session…" />
    </div>
  );
}

function SessionError({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const isMissing = error instanceof ApiError && error.kind === "not-found";
  return (
    <div className="grid justify-items-center">
      <ErrorMessage
        title={isMissing ? "There is no such session" : "The session did not load"}
        error={error}
        onRetry={isMissing ? undefined : onRetry}
      />
      <Link to="/sessions" className={buttonClass("secondary")}>
        All sessions
      </Link>
    </div>
  );
}
