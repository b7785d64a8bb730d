import clsx from "clsx";
import { ChartGantt, List } from "lucide-react";
import { lazy, Suspense, useEffect, useEffectEvent, useRef, useState } from "react";

import { PageHeader } from "@/components/layouts/page";
import { ErrorMessage } from "@/components/ui/error-message";
import { SegmentedControl } from "@/components/ui/segmented-control";
import { Select } from "@/components/ui/select";
import { Spinner } from "@/components/ui/spinner";
import { useKeys } from "@/hooks/use-keys";
import { useSessions } from "@/hooks/use-sessions";
import { formatCount } from "@/lib/format";
import { isFiltered } from "@/lib/session-filter";
import { DEFAULT_SORT, type SessionSort } from "@/lib/session-sort";
import { isTyping } from "@/lib/shortcuts";

import { BELOW_WIDE } from "../columns";
import { NO_FILTER } from "../filter-pills";
import { filterOf, type FilterParams, type SessionsSearch, type SessionView } from "../search-params";
import { downloadOf, EVERYTHING, NOTHING, type Selection, sizeOf } from "../selection";
import { SORT_OPTIONS } from "../sort-options";

import { ExportMenu } from "./export-menu";
import { FilterPills } from "./filter-pills";
import { NoSessions } from "./no-sessions";
import { SelectionBar } from "./selection-bar";
import { SessionFilters } from "./session-filters";
import { SessionTable } from "./session-table";

const Timeline = lazy(() => import("./timeline").then((module) => ({ default: module.Timeline })));

export interface SessionsPageProps {
  search: SessionsSearch;
  onFilter: (change: FilterParams) => void;
  onSort: (sort: SessionSort) => void;
  onView: (view: SessionView) => void;
}

export function SessionsPage({ search, onFilter, onSort, onView }: SessionsPageProps) {
  const filter = filterOf(search);
  const sort = search.sort ?? DEFAULT_SORT;
  const view = search.view ?? "list";
  const sessions = useSessions(filter, sort);
  const isKnown = sessions.data !== undefined;
  const isNew = isKnown && sessions.total === 0 && !isFiltered(filter);

  // Ticks belong to what was filtered when they were made.
  const filterKey = JSON.stringify(filter);
  const [ticked, setTicked] = useState<{ filterKey: string; selection: Selection }>({ filterKey, selection: NOTHING });
  const selection = ticked.filterKey === filterKey ? ticked.selection : NOTHING;
  const select = (next: Selection) => setTicked({ filterKey, selection: next });

  const searchField = useRef<HTMLInputElement>(null);
  useSlash(() => searchField.current?.focus());
  useKeys({ Escape: () => select(NOTHING) });

  return (
    <div className="mx-auto flex h-full max-w-[112rem] flex-col">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2.5 px-4 pt-5 pb-2 md:px-8 md:pt-7">
        <PageHeader
          title="Sessions"
          description={
            <span role="status" className="nums text-[0.8125rem]">
              {isKnown ? formatCount(sessions.total, "session") : "Counting…"}
            </span>
          }
          actions={
            <div className="flex items-center gap-2">
              {view === "list" && <Select label="Sort by" options={SORT_OPTIONS} value={sort} onChange={onSort} className={clsx("w-40!", BELOW_WIDE)} />}
              <SegmentedControl label="View" options={VIEW_OPTIONS} value={view} onChange={onView} />
              <ExportMenu label="Export" files={downloadOf(EVERYTHING, filter)} disabled={sessions.total === 0} />
            </div>
          }
        />
        {!isNew && <SessionFilters params={search} onFilter={onFilter} searchRef={searchField} />}
        <FilterPills params={search} onFilter={onFilter} />
        {sizeOf(selection, sessions.total) > 0 && (
          <SelectionBar selection={selection} onSelect={select} filter={filter} total={sessions.total} />
        )}
      </div>
      <SessionsBody {...{ sessions, filter, sort, onSort, view, selection }} onSelect={select} onClear={() => onFilter(NO_FILTER)} />
    </div>
  );
}

/** "/" means this page's own field here, before the app takes it to the search of everything. */
function useSlash(onSlash: () => void): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    onSlash();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    window.addEventListener("keydown", listener, { capture: true });
    return () => window.removeEventListener("keydown", listener, { capture: true });
  }, []);
}

const VIEW_OPTIONS = [
  { value: "list", label: "List", icon: <List aria-hidden /> },
  { value: "timeline", label: "Timeline", icon: <ChartGantt aria-hidden /> },
] as const;

interface BodyProps {
  sessions: ReturnType<typeof useSessions>;
  filter: ReturnType<typeof filterOf>;
  sort: SessionSort;
  onSort: (sort: SessionSort) => void;
  view: SessionView;
  selection: Selection;
  onSelect: (selection: Selection) => void;
  onClear: () => void;
}

function SessionsBody({ sessions, filter, sort, onSort, view, selection, onSelect, onClear }: BodyProps) {
  if (sessions.error && !sessions.data) {
    return <ErrorMessage title="The sessions did not load" error={sessions.error} onRetry={() => void sessions.refetch()} />;
  }
  if (!sessions.isPending && sessions.total === 0) return <NoSessions isFiltered={isFiltered(filter)} onClear={onClear} />;
  const filterKey = JSON.stringify(filter);
  if (view === "timeline") {
    return (
      <Suspense fallback={<div className="grid flex-1 place-items-center"><Spinner label="Loading the timeline…" /></div>}>
        <Timeline key={filterKey} filter={filter} total={sessions.total} />
      </Suspense>
    );
  }
  const total = sessions.isPending ? undefined : sessions.total;
  return (
    <SessionTable
      // Another filter or order starts at the top; so does the list that takes the place of the waiting one.
      key={`${filterKey} ${sort} ${total === undefined}`}
      filter={filter}
      sort={sort}
      onSort={onSort}
      total={total}
      former={sessions.isPlaceholderData ? sessions.rows : undefined}
      head={sessions.rows}
      selection={selection}
      onSelect={onSelect}
    />
  );
}
