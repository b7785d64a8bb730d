import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";

import { InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { formatCount, formatInteger } from "@/lib/format";
import { plainText, sessionTitle } from "@/lib/text";
import { type Job } from "@/types/records";

import { removedQuery, ruleRunsQuery, RUNS_A_PAGE } from "../api/removals";

import { PageTurner } from "./page-turner";
import { WorkRow } from "./work-row";

interface RuleRunsProps {
  page: number;
  onPage: (page: number) => void;
}

/** What rules removed in the last year, and why. */
export function RuleRuns({ page, onPage }: RuleRunsProps) {
  const { data, error, refetch } = useQuery(ruleRunsQuery(page));
  if (data?.items.length === 0 && page <= 1) return null;
  return (
    <section aria-label="Removed by rules" className="card min-w-0">
      <h2 className="border-b border-line px-4 py-3 text-[0.9375rem] font-semibold">Removed by rules</h2>
      {!data && <div className="p-4">{error ? <InlineError error={error} onRetry={() => void refetch()} /> : <Skeleton className="h-24" />}</div>}
      {data && (
        <>
          <ul className="divide-y divide-line/60">
            {data.items.map((job) => (
              <WorkRow key={job.id} job={job}>
                {job.done > 0 && <Taken job={job} />}
              </WorkRow>
            ))}
          </ul>
          <PageTurner label="Pages of what rules removed" page={page} pages={Math.ceil(data.totalItems / RUNS_A_PAGE)} onPage={onPage} />
        </>
      )}
    </section>
  );
}

function Taken({ job }: { job: Job }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className="w-full min-w-0">
      <button
        type="button"
        aria-expanded={isOpen}
        className="nums -ml-1 inline-flex items-center gap-1 rounded-md py-0.5 pr-1.5 text-xs font-medium text-muted hover:text-ink pointer-coarse:py-2"
        onClick={() => setIsOpen(!isOpen)}
      >
        <ChevronRight aria-hidden className={`size-3.5 transition-transform motion-reduce:transition-none ${isOpen ? "rotate-90" : ""}`} />
        {formatCount(job.done, "session")}
      </button>
      {isOpen && <Named job={job} />}
    </div>
  );
}

function Named({ job }: { job: Job }) {
  const { data, error, refetch } = useQuery(removedQuery(job.id));
  if (error && !data) return <InlineError error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="mt-1 h-10" />;
  if (data.length === 0) {
    return <p className="mt-1 text-xs text-muted">Which they were is not known: the run is older than this list, or all synced data was deleted since.</p>;
  }
  const more = job.done - data.length;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard scrolls it, too
    <div role="region" aria-label="Sessions removed" tabIndex={0} className="mt-1 max-h-80 overflow-y-auto rounded-lg bg-sunken px-3 py-2">
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-1">
        {data.map(({ id, externalId, title }) => (
          <li key={id} className="sm:flex sm:items-baseline sm:gap-3">
            <bdi className="block min-w-0 truncate sm:flex-1">{sessionTitle(title)}</bdi>
            <bdi className="block min-w-0 truncate font-mono text-xs text-muted sm:max-w-72">{plainText(externalId)}</bdi>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="nums mt-2 text-xs text-muted">{formatInteger(more)} more, which are not named.</p>}
    </div>
  );
}
