import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Globe } from "lucide-react";

import { Section } from "@/components/layouts/page";
import { InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { SourceBadge } from "@/components/ui/source-badge";
import { useNow } from "@/hooks/use-now";
import { formatCompact, formatRelative } from "@/lib/format";
import { sessionTitle } from "@/lib/text";

import { type RecentFilter, recentSessionsQuery } from "../api/get-recent-sessions";

export function RecentSessions({ filter }: { filter: RecentFilter }) {
  const sessions = useQuery(recentSessionsQuery(filter));
  const now = useNow();
  return (
    <Section title="Recent sessions">
      {sessions.data ? (
        <ul className="-mx-2 -my-1">
          {sessions.data.map((session) => (
            <li key={session.id}>
              <Link
                to="/sessions/$id"
                params={{ id: session.id }}
                className="flex items-center gap-3 rounded-lg px-2 py-1.5 transition-colors hover:bg-hover"
              >
                <span className="min-w-0 flex-1">
                  <span className="flex items-center gap-1.5 font-medium">
                    <span className="truncate">{sessionTitle(session.title)}</span>
                    {session.isPublic && <Globe aria-label="Public" className="size-3.5 shrink-0 text-muted" />}
                  </span>
                  <span className="flex items-center gap-2 text-xs text-muted">
                    <SourceBadge source={session.source} />
                    <span className="truncate">{session.projectName || session.projectPath}</span>
                  </span>
                </span>
                <span className="nums shrink-0 text-right text-xs text-muted">
                  <span className="block text-ink">{session.totalTokens > 0 ? `${formatCompact(session.totalTokens)} tokens` : "–"}</span>
                  {formatRelative(session.updatedAt, now)}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      ) : sessions.error ? (
        <InlineError error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : (
        <Skeleton className="h-80" />
      )}
      {sessions.data?.length === 0 && <p className="py-10 text-center text-muted">No session matches. Change the filters above.</p>}
      <Link
        to="/sessions"
        search={filter}
        className="mt-3 inline-block text-[0.8125rem] font-medium text-accent-strong hover:underline"
      >
        All sessions
      </Link>
    </Section>
  );
}
