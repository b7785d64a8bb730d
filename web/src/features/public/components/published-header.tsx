import { ShieldCheck } from "lucide-react";

import { SourceBadge } from "@/components/ui/source-badge";
import { formatCompact, formatCost, formatDateTime, formatDuration, formatInteger } from "@/lib/format";
import { sessionTitle } from "@/lib/text";

import { type PublishedSession } from "../api/get-published";

interface PublishedHeaderProps {
  session: PublishedSession;
  redactions: number;
}

export function PublishedHeader({ session, redactions }: PublishedHeaderProps) {
  const project = session.projectPath || session.projectName;
  return (
    <header className="border-b border-line px-4 py-4 md:px-8">
      <div className="mx-auto max-w-4xl">
        <h1 dir="auto" className="text-xl leading-snug font-semibold tracking-tight text-balance break-words">
          {sessionTitle(session.title)}
        </h1>
        <p className="nums mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
          <SourceBadge source={session.source} />
          {session.model && <span>{session.model}</span>}
          {project && <span className="max-w-full truncate font-mono">{project}</span>}
          <time dateTime={new Date(session.createdAt).toISOString()}>{formatDateTime(session.createdAt)}</time>
          <span>{formatInteger(session.messageCount)} {session.messageCount === 1 ? "message" : "messages"}</span>
          {session.totalTokens > 0 && <span>{formatCompact(session.totalTokens)} tokens</span>}
          {session.durationMs !== null && session.durationMs > 0 && <span>{formatDuration(session.durationMs)}</span>}
          {session.cost !== undefined && session.cost > 0 && <span>{formatCost(session.cost)}</span>}
        </p>
        {session.notes && (
          <p dir="auto" className="mt-3 max-w-prose rounded-lg bg-sunken px-3 py-2 text-[0.8125rem] break-words whitespace-pre-wrap">
            {session.notes}
          </p>
        )}
        {redactions > 0 && (
          <p className="mt-3 flex items-center gap-1.5 text-xs text-muted">
            <ShieldCheck aria-hidden className="size-3.5" /> {formatInteger(redactions)} {redactions === 1 ? "secret is" : "secrets are"} masked
          </p>
        )}
      </div>
    </header>
  );
}
