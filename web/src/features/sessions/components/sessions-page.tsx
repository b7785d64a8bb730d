import { PageHeader } from "@/components/layouts/page";
import { ErrorMessage } from "@/components/ui/error-message";
import { useSessions } from "@/hooks/use-sessions";
import { formatInteger } from "@/lib/format";
import { type SessionFilter } from "@/lib/query-keys";

import { NoSessions } from "./no-sessions";
import { SessionFilters } from "./session-filters";
import { SessionTable } from "./session-table";

interface SessionsPageProps {
  filter: SessionFilter;
  onFilter: (change: SessionFilter) => void;
}

export function SessionsPage({ filter, onFilter }: SessionsPageProps) {
  const sessions = useSessions(filter);
  const count = !sessions.data ? undefined : `${formatInteger(sessions.total)} ${sessions.total === 1 ? "session" : "sessions"}`;
  const isNew = sessions.data?.totalItems === 0 && !isFiltered(filter);

  return (
    <div className="mx-auto flex h-full max-w-7xl flex-col">
      <div className="grid gap-3 px-4 pt-5 pb-3 md:px-8 md:pt-7">
        <PageHeader title="Sessions" actions={<p role="status" className="nums text-[0.8125rem] text-muted">{count}</p>} />
        {!isNew && <SessionFilters filter={filter} onFilter={onFilter} />}
      </div>
      <SessionsBody filter={filter} onFilter={onFilter} sessions={sessions} />
    </div>
  );
}

function isFiltered(filter: SessionFilter): boolean {
  return Boolean(filter.source ?? filter.q);
}

type BodyProps = SessionsPageProps & { sessions: ReturnType<typeof useSessions> };

function SessionsBody({ filter, onFilter, sessions }: BodyProps) {
  if (sessions.error && !sessions.data) {
    return <ErrorMessage title="The sessions did not load" error={sessions.error} onRetry={() => void sessions.refetch()} />;
  }
  if (!sessions.isPending && sessions.total === 0) {
    return <NoSessions isFiltered={isFiltered(filter)} onClear={() => onFilter({ source: undefined, q: undefined })} />;
  }
  return (
    <SessionTable
      // A changed filter starts at the top.
      key={JSON.stringify(filter)}
      filter={filter}
      total={sessions.isPending ? undefined : sessions.total}
      former={sessions.isPlaceholderData ? sessions.rows : undefined}
    />
  );
}
