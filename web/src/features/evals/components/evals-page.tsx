import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FlaskConical, SearchX } from "lucide-react";
import { type ReactNode, useState } from "react";

import { PageHeader } from "@/components/layouts/page";
import { Button, buttonClass } from "@/components/ui/button";
import { ErrorMessage } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { StateMessage } from "@/components/ui/state-message";

import { evalSelection } from "../api/export-evals";
import { evalChoicesQuery, type EvalRow, evalsQuery, verdictCountsQuery } from "../api/get-evals";
import { CLEARED, type EvalsSearch, isNarrowed } from "../search-params";

import { BulkBar } from "./bulk-bar";
import { EvalFilters } from "./eval-filters";
import { EvalList } from "./eval-list";
import { EvalStats } from "./eval-stats";
import { ExportDialog } from "./export-dialog";
import { ReviewPanel } from "./review-panel";

interface EvalsPageProps {
  search: EvalsSearch;
  onChange: (change: Partial<EvalsSearch>) => void;
}

function useEvals(search: EvalsSearch) {
  return useInfiniteQuery(evalsQuery(search));
}

export function EvalsPage({ search, onChange }: EvalsPageProps) {
  const choices = useQuery(evalChoicesQuery).data;
  const counts = useQuery(verdictCountsQuery(search)).data;
  const evals = useEvals(search);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const rows = evals.data?.pages.flatMap((page) => page.items) ?? [];
  const current = search.id;

  // One that left the list by its new verdict was where the one after it is now.
  const [lastAt, setLastAt] = useState(0);
  const at = rows.findIndex(({ id }) => id === current);
  if (at >= 0 && at !== lastAt) setLastAt(at);

  const step = (by: 1 | -1) => {
    const next = at >= 0 ? rows[at + by] : rows[by > 0 ? Math.min(lastAt, rows.length - 1) : lastAt - 1];
    if (next) onChange({ id: next.id });
  };
  const start = () => {
    const first = rows.find(({ evalStatus }) => evalStatus === "") ?? rows[0];
    if (first) onChange({ id: first.id });
  };
  const toggle = (id: string) => setChosen((before) => (before.has(id) ? new Set([...before].filter((other) => other !== id)) : new Set([...before, id])));
  const narrow = (change: Partial<EvalsSearch>) => {
    setChosen(new Set());
    onChange({ ...change, id: undefined });
  };
  return (
    <div className="flex h-full min-h-0">
      <div className={current === undefined ? "mx-auto flex w-full max-w-5xl min-w-0 flex-col" : "flex min-w-0 flex-col max-lg:w-full lg:w-72 xl:w-80 2xl:w-[26rem]"}>
        <div className="grid gap-3 px-4 pt-5 pb-3 md:px-6 md:pt-7">
          <PageHeader
            title="Evals"
            actions={
              rows.length > 0 &&
              current === undefined && (
                <div className="flex flex-wrap gap-2">
                  <ExportDialog selection={evalSelection(search, chosen)} scope={exportScope(search, chosen)} />
                  <Button variant="primary" onClick={start}>
                    Start reviewing
                  </Button>
                </div>
              )
            }
          />
          {current === undefined && <EvalStats counts={counts} chosen={search.verdict} onChoose={(verdict) => narrow({ verdict })} />}
          {current === undefined && <EvalFilters search={search} choices={choices} onChange={narrow} />}
        </div>
        {chosen.size > 0 && <BulkBar ids={[...chosen]} onDone={() => setChosen(new Set())} />}
        <EvalsBody search={search} evals={evals} rows={rows} onClear={narrow}>
          <EvalList
            rows={rows}
            current={current}
            onOpen={(id) => onChange({ id })}
            chosen={chosen}
            onChoose={toggle}
            more={{
              isPossible: evals.hasNextPage,
              isLoading: evals.isFetchingNextPage,
              error: evals.isFetchNextPageError ? evals.error : null,
              load: () => void evals.fetchNextPage(),
            }}
          />
        </EvalsBody>
      </div>
      {current !== undefined && (
        <ReviewPanel
          key={current}
          id={current}
          knownTags={choices?.tags ?? []}
          onStep={step}
          onClose={() => onChange({ id: undefined })}
        />
      )}
    </div>
  );
}

function exportScope(search: EvalsSearch, chosen: ReadonlySet<string>): string {
  if (chosen.size > 0) return chosen.size === 1 ? "Of the session you chose." : `Of the ${chosen.size} sessions you chose.`;
  return isNarrowed(search) ? "Of all sessions for evals that fit the filters." : "Of all sessions for evals.";
}

interface EvalsBodyProps {
  search: EvalsSearch;
  evals: ReturnType<typeof useEvals>;
  rows: readonly EvalRow[];
  onClear: (change: Partial<EvalsSearch>) => void;
  children: ReactNode;
}

function EvalsBody({ search, evals, rows, onClear, children }: EvalsBodyProps) {
  if (evals.error && !evals.data) {
    return <ErrorMessage title="The evals did not load" error={evals.error} onRetry={() => void evals.refetch()} />;
  }
  if (!evals.data) {
    return (
      <div className="grid gap-2 px-4 md:px-6">
        {[0, 1, 2, 3].map((index) => (
          <Skeleton key={index} className="h-16" />
        ))}
      </div>
    );
  }
  if (rows.length > 0) return children;
  if (isNarrowed(search)) {
    return (
      <StateMessage
        icon={SearchX}
        title="Nothing matches"
        actions={
          <Button onClick={() => onClear(CLEARED)}>
            Clear the filters
          </Button>
        }
      >
        No session for evals fits these filters.
      </StateMessage>
    );
  }
  return (
    <StateMessage
      icon={FlaskConical}
      title="No sessions for evals yet"
      actions={
        <Link to="/sessions" className={buttonClass("primary")}>
          To the sessions
        </Link>
      }
    >
      Select sessions there and add them to evals; then review them here, one after the other, from the keyboard.
    </StateMessage>
  );
}
