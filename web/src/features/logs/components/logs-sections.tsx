import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";

import { Section } from "@/components/layouts/page";
import { Button } from "@/components/ui/button";
import { ErrorMessage, InlineError } from "@/components/ui/error-message";
import { SegmentedControl } from "@/components/ui/segmented-control";
import { SelectWithAll } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { formatInteger } from "@/lib/format";

import { logsKey, type LogSummary, summaryQuery } from "../api/get-summary";
import { filterOf, type LogsSearch, RANGES, USUAL_RANGE } from "../search-params";
import { formatLatency, formatShare, keyLabel } from "../words";

import { GroupsSection } from "./groups-section";
import { LastRequests } from "./last-requests";
import { RequestsChart } from "./requests-chart";

const RANGE_LABELS = { "1h": "Hour", "24h": "Day", "7d": "7 days", "30d": "30 days" };

export interface LogsProps {
  search: LogsSearch;
  onSearch: (change: LogsSearch) => void;
}

/** Requests of the user's keys and of the dashboard: how many, how they ended, how long they took. */
export function LogsSections({ search, onSearch }: LogsProps) {
  const filter = filterOf(search);
  const queryClient = useQueryClient();
  const query = useQuery(summaryQuery(filter));
  // What can be chosen does not depend on what is chosen.
  const { data: whole } = useQuery(summaryQuery({ range: filter.range }));
  const { data: summary, error } = query;
  const narrow = (change: LogsSearch) => onSearch({ page: undefined, ...change });
  const refresh = () => void queryClient.invalidateQueries({ queryKey: logsKey });
  return (
    <>
      <Section title="API log" description={retentionOf(summary)}>
        <div className="mb-2 flex items-center gap-2">
          <SegmentedControl
            label="Last"
            value={filter.range}
            onChange={(range) => narrow({ range: range === USUAL_RANGE ? undefined : range })}
            options={RANGES.map((value) => ({ value, label: RANGE_LABELS[value] }))}
          />
          <Button isIcon aria-label="Refresh" title="Refresh" className="ml-auto" onClick={refresh} aria-busy={query.isFetching} disabled={query.isFetching}>
            <RefreshCw aria-hidden />
          </Button>
        </div>
        <div role="group" aria-label="Filters" className="mb-4 grid grid-cols-2 items-center gap-2 sm:flex">
          <Choices whole={whole} search={search} onSearch={narrow} />
        </div>
        {error && summary && <InlineError error={error} onRetry={() => void query.refetch()} />}
        {summary ? (
          <>
            <Figures total={summary.total} />
            <RequestsChart summary={summary} isTable={search.table === true} onTable={(table) => onSearch({ table: table || undefined })} />
          </>
        ) : error ? (
          <ErrorMessage title="The log could not be read" error={error} onRetry={() => void query.refetch()} />
        ) : (
          <div role="status" aria-label="Reading the log">
            <Skeleton className="h-96" />
          </div>
        )}
      </Section>
      {summary && summary.total.requests > 0 && (
        <>
          <GroupsSection summary={summary} search={search} onSearch={narrow} />
          <LastRequests summary={summary} known={whole ?? summary} filter={filter} page={search.page ?? 1} onPage={(page) => onSearch({ page: page > 1 ? page : undefined })} />
        </>
      )}
    </>
  );
}

function retentionOf(summary: LogSummary | undefined): string {
  const text = "Every request that showed who makes it: those of your keys, and the dashboard's own.";
  if (!summary) return text;
  const days = `${formatInteger(summary.keepDays)} ${summary.keepDays === 1 ? "day" : "days"}`;
  return `${text} Kept for ${days}; OPENSYNC_API_LOG_DAYS sets how long.`;
}

function Choices({ whole, search, onSearch }: LogsProps & { whole: LogSummary | undefined }) {
  const { key, endpoint, status } = search;
  const code = status === undefined ? undefined : String(status);
  const keys = whole?.keys.map((line) => ({ value: line.id || "none", label: keyLabel(line) }));
  const endpoints = whole?.endpoints.map((line) => `${line.method} ${line.endpoint}`).map(asOption);
  const statuses = whole?.statuses.map((line) => asOption(String(line.status)));
  return (
    <>
      <SelectWithAll label="Key" className="min-w-0 sm:w-44!" allLabel="All keys" value={key} onChange={(value) => onSearch({ key: value })} options={including(keys, key)} />
      <SelectWithAll
        label="Endpoint"
        className="min-w-0 sm:w-56!"
        allLabel="All endpoints"
        value={endpoint}
        onChange={(value) => onSearch({ endpoint: value })}
        options={including(endpoints, endpoint)}
      />
      <SelectWithAll
        label="Status"
        className="min-w-0 sm:w-32!"
        allLabel="Any status"
        value={code}
        onChange={(value) => onSearch({ status: value === undefined ? undefined : Number(value) })}
        options={including(statuses, code)}
      />
      {(key ?? endpoint ?? status) !== undefined && (
        <Button variant="ghost" onClick={() => onSearch({ key: undefined, endpoint: undefined, status: undefined })}>
          Clear
        </Button>
      )}
    </>
  );
}

interface Option {
  value: string;
  label: string;
}

function asOption(value: string): Option {
  return { value, label: value };
}

/** A link may ask for something that did not happen in this range. */
function including(options: readonly Option[] = [], chosen: string | undefined): readonly Option[] {
  if (chosen === undefined || options.some(({ value }) => value === chosen)) return options;
  return [...options, asOption(chosen)];
}

function Figures({ total }: Pick<LogSummary, "total">) {
  const { requests, refused, failed, p50, p95, p99 } = total;
  const figures = [
    { label: "Requests", value: formatInteger(requests) },
    { label: "Refused (4xx)", value: formatShare(refused, requests) },
    { label: "Failed (5xx)", value: formatShare(failed, requests) },
    { label: "Half within", value: formatLatency(p50) },
    { label: "95% within", value: formatLatency(p95) },
    { label: "99% within", value: formatLatency(p99) },
  ];
  return (
    <dl className="nums mb-4 grid grid-cols-3 gap-x-4 gap-y-3 sm:grid-cols-6">
      {figures.map(({ label, value }) => (
        <div key={label} className="min-w-0">
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="font-semibold">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
