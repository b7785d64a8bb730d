import { type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { PartyPopper, Trash2 } from "lucide-react";

import { Button } from "@/components/ui/button";
import { ErrorMessage } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { SourceBadge } from "@/components/ui/source-badge";
import { StateMessage } from "@/components/ui/state-message";
import { useNow } from "@/hooks/use-now";
import { formatBytes } from "@/lib/bytes";
import { formatCost, formatCount, formatDateTime, formatInteger, formatRelative } from "@/lib/format";
import { plainText } from "@/lib/text";
import { toasts } from "@/lib/toasts";

import { type Found, type Preview, useCleanUp } from "../api/clean-up";
import { type Conditions, inWords } from "../conditions";
import { useTrashWords } from "../use-trash-words";

import { ActionDialog } from "./action-dialog";

interface FoundSessionsProps {
  conditions: Conditions;
  preview: UseQueryResult<Preview>;
  /** What is shown is not yet what the conditions mean. */
  isLate: boolean;
}

export function FoundSessions({ conditions, preview, isLate }: FoundSessionsProps) {
  const { data, error } = preview;
  if (error && !data) return <ErrorMessage title="The sessions were not counted" error={error} onRetry={() => void preview.refetch()} />;
  if (!data) return <Skeleton className="h-80" />;
  if (data.sessions === 0) {
    return (
      <StateMessage icon={PartyPopper} title="Nothing to clean up">
        No session meets these conditions.
      </StateMessage>
    );
  }
  return (
    <section aria-label="Sessions found" aria-busy={isLate} className={clsx("card overflow-hidden", isLate && "opacity-60")}>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3 border-b border-line p-4">
        <div role="status" className="w-full sm:w-auto sm:flex-1">
          <dl className="nums flex flex-wrap gap-x-6 gap-y-2">
            <Amount label={data.sessions === 1 ? "session" : "sessions"} value={formatInteger(data.sessions)} />
            <Amount label={data.messages === 1 ? "message" : "messages"} value={formatInteger(data.messages)} />
            <Amount label="of text" value={formatBytes(data.bytes)} />
          </dl>
        </div>
        <MoveButton conditions={conditions} sessions={data.sessions} isDisabled={isLate} />
      </div>
      <ul className="divide-y divide-line/60">
        {data.first.map((session) => (
          <FoundRow key={session.id} session={session} />
        ))}
      </ul>
      {data.sessions > data.first.length && (
        <p className="nums border-t border-line px-4 py-2.5 text-xs text-muted">
          The {formatInteger(data.first.length)} that are longest untouched. {formatInteger(data.sessions - data.first.length)} more.
        </p>
      )}
    </section>
  );
}

function Amount({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex flex-col-reverse">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="text-lg leading-6 font-semibold">{value}</dd>
    </div>
  );
}

function FoundRow({ session }: { session: Found }) {
  const now = useNow();
  const title = plainText(session.title);
  return (
    <li className="relative flex items-center gap-4 px-4 py-2 focus-within:bg-hover hover:bg-hover">
      <div className="min-w-0 flex-1">
        <Link
          to="/sessions/$id"
          params={{ id: session.id }}
          className="block truncate text-[0.8125rem] font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          <bdi className={title ? undefined : "text-muted"}>{title || "Untitled session"}</bdi>
        </Link>
        <p className="flex min-w-0 items-center gap-2 text-xs text-muted">
          <SourceBadge source={session.source} />
          <bdi className="truncate">{session.projectName}</bdi>
        </p>
      </div>
      <span className="nums text-right text-xs whitespace-nowrap text-muted">
        {formatInteger(session.messageCount)} {session.messageCount === 1 ? "message" : "messages"}
        <span className="block">{formatCost(session.cost)}</span>
      </span>
      <time className="nums w-24 text-right text-xs text-muted max-sm:hidden" title={formatDateTime(session.updatedAt)}>
        {formatRelative(session.updatedAt, now)}
      </time>
    </li>
  );
}

function MoveButton({ conditions, sessions, isDisabled }: { conditions: Conditions; sessions: number; isDisabled: boolean }) {
  const cleanUp = useCleanUp();
  const trash = useTrashWords();
  return (
    <ActionDialog
      trigger={
        <Button variant="danger" disabled={isDisabled}>
          <Trash2 aria-hidden /> {trash.isKept ? "Move to trash" : "Delete"}
        </Button>
      }
      title={trash.isKept ? `Move ${formatCount(sessions, "session")} to the trash?` : `Delete ${formatCount(sessions, "session")} for good?`}
      confirmLabel={trash.isKept ? `Move ${formatCount(sessions, "session")}` : `Delete ${formatCount(sessions, "session")}`}
      mutation={cleanUp}
      variables={conditions}
      onDone={() => toasts.show(`${formatCount(sessions, "session")} will go. It goes on when you leave this page.`)}
    >
      <p className="mb-2 font-medium text-ink">{inWords(conditions)}</p>
      <p>{trash.whatHappens} An agent that still has a session may sync it again.</p>
    </ActionDialog>
  );
}
