import { Link } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";

import { ErrorMessage } from "@/components/ui/error-message";
import { SourceBadge } from "@/components/ui/source-badge";
import { StateMessage } from "@/components/ui/state-message";
import { useNow } from "@/hooks/use-now";
import { useSessions } from "@/hooks/use-sessions";
import { formatRelative } from "@/lib/format";
import { sessionTitle } from "@/lib/text";

const SHOWN = 12;

/** What the page shows before anything is asked. */
export function RecentSessions({ source }: { source: string | undefined }) {
  const now = useNow();
  const sessions = useSessions({ source });

  if (sessions.error && !sessions.data) {
    return <ErrorMessage title="The sessions did not load" error={sessions.error} onRetry={() => void sessions.refetch()} />;
  }
  if (sessions.data && sessions.rows.length === 0) {
    return (
      <StateMessage icon={MessagesSquare} title="Nothing to search yet">
        Connect an agent in <Link to="/settings" search={{ tab: "keys" }} className="text-accent underline">Settings</Link>; its sessions can be found here as they arrive.
      </StateMessage>
    );
  }
  return (
    <section aria-label="Recent sessions" className="mx-auto w-full max-w-4xl px-4 pb-8 md:px-8">
      <h2 className="mb-1 text-xs font-medium text-muted">Recent sessions</h2>
      <ul className="card divide-y divide-line">
        {sessions.rows.slice(0, SHOWN).map((session) => (
          <li key={session.id}>
            <Link to="/sessions/$id" params={{ id: session.id }} className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover">
              <span dir="auto" className="min-w-0 flex-1 truncate text-[0.8125rem] font-medium">
                {sessionTitle(session.title)}
              </span>
              <SourceBadge source={session.source} />
              <span className="nums w-16 text-right text-xs text-muted">{formatRelative(session.updatedAt, now)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
