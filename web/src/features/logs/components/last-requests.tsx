import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { ChevronLeft, ChevronRight } from "lucide-react";

import { Section } from "@/components/layouts/page";
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { formatInteger } from "@/lib/format";

import { type LoggedRequest, PAGE_SIZE, requestsQuery } from "../api/get-requests";
import { type LogSummary } from "../api/get-summary";
import { type LogsFilter } from "../search-params";
import { formatLatency, keyLabel } from "../words";

const moment = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });

interface LastRequestsProps {
  summary: LogSummary;
  /** Knows the names of keys. */
  known: LogSummary;
  filter: LogsFilter;
  page: number;
  onPage: (page: number) => void;
}

/** The requests one by one, as they were written down. */
export function LastRequests({ summary, known, filter, page, onPage }: LastRequestsProps) {
  const { from, to, total } = summary;
  const query = useQuery(requestsQuery(filter, { from, to }, page));
  const pages = Math.max(1, Math.ceil(total.requests / PAGE_SIZE));
  const names = new Map(known.keys.map((key) => [key.id, keyLabel(key)]));
  return (
    <Section title="Last requests">
      {query.error && <InlineError error={query.error} onRetry={() => void query.refetch()} />}
      {query.data ? (
        query.data.length === 0 ? (
          <p className="py-8 text-center text-muted">Nothing more here. Go back to an earlier page.</p>
        ) : (
          <Table requests={query.data} names={names} />
        )
      ) : (
        !query.error && <Skeleton className="h-96" />
      )}
      <nav aria-label="Pages of requests" className="mt-3 flex items-center justify-end gap-2">
        <p role="status" className="nums mr-auto text-xs text-muted">
          Page {formatInteger(page)} of {formatInteger(Math.max(page, pages))}
        </p>
        <Button isIcon aria-label="Newer requests" disabled={page <= 1} onClick={() => onPage(page - 1)}>
          <ChevronLeft aria-hidden />
        </Button>
        <Button isIcon aria-label="Older requests" disabled={page >= pages} onClick={() => onPage(page + 1)}>
          <ChevronRight aria-hidden />
        </Button>
      </nav>
    </Section>
  );
}

function Table({ requests, names }: { requests: readonly LoggedRequest[]; names: ReadonlyMap<string, string> }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard scrolls it, too
    <div role="region" aria-label="Requests one by one" tabIndex={0} className="overflow-x-auto">
      <table className="nums w-full border-collapse text-left text-[0.8125rem]">
        <caption className="sr-only">Requests one by one</caption>
        <thead className="text-xs text-muted">
          <tr>
            {["When", "Status", "Took", "Request", "Key"].map((label) => (
              <th key={label} scope="col" className={clsx("h-8 pr-4 font-medium", label === "Took" && "text-right")}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {requests.map(({ id, createdAt, method, endpoint, apiKey, statusCode, responseTimeMs }) => (
            <tr key={id} className="border-t border-line">
              <td className={cell + " text-muted"}>
                <time dateTime={new Date(createdAt).toISOString()}>{moment.format(createdAt)}</time>
              </td>
              <td className={cell}>
                <Badge tone={toneOf(statusCode)}>{statusCode}</Badge>
              </td>
              <td className={cell + " text-right"}>{formatLatency(responseTimeMs)}</td>
              <td className={cell + " w-full max-w-0 min-w-52 truncate"} title={`${method} ${endpoint}`}>
                <span className="text-muted">{method}</span> {endpoint}
              </td>
              <td className="max-w-40 truncate">{names.get(apiKey) ?? keyLabel({ id: apiKey, name: "", prefix: "" })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function toneOf(status: number): Tone {
  if (status >= 500) return "danger";
  return status >= 400 ? "warn" : "neutral";
}

const cell = "py-1.5 pr-4 whitespace-nowrap";
