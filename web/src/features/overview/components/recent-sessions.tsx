import { Link } from "@tanstack/react-router";

import { Section } from "@/components/layouts/page";
import { InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { SourceBadge } from "@/components/ui/source-badge";
import { useNow } from "@/hooks/use-now";
import { useSessions } from "@/hooks/use-sessions";
import { formatCompact, formatRelative } from "@/lib/format";

const SHOWN = 8;

export function RecentSessions() {
  const sessions = useSessions({});
  const now = useNow();
  return (
    <Section title="Recent sessions">
      {sessions.error && !sessions.data ? (
        <InlineError error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : sessions.isPending ? (
        <Skeleton className="h-64" />
      ) : (
        <ul className="-mx-2 -my-1">
          {sessions.rows.slice(0, SHOWN).map((session) => (
            <li key={session.id}>
              <Link
                to="/sessions/$id"
                params={{ id: session.id }}
                className="flex items-center gap-3 rounded-lg px-2 py-2 transition-colors hover:bg-hover"
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{session.title || "Untitled session"}</span>
                  <span className="flex items-center gap-2 text-xs text-muted">
                    <SourceBadge source={session.source} />
                    <span className="truncate">{session.projectName}</span>
                  </span>
                </span>
                <span className="nums shrink-0 text-right text-xs text-muted">
                  <span className="block text-ink">{session.totalTokens > 0 ? `${formatCompact(session.totalTokens)} tok` : "–"}</span>
                  {formatRelative(session.updatedAt, now)}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {sessions.total > SHOWN && (
        <Link to="/sessions" className="mt-4 inline-block text-[0.8125rem] font-medium text-accent-strong hover:underline">
          All {sessions.total.toLocaleString("en-US")} sessions
        </Link>
      )}
    </Section>
  );
}
