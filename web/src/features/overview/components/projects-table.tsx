import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { useMemo, useState } from "react";

import { Section } from "@/components/layouts/page";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { SelectWithAll } from "@/components/ui/select";
import { SortHeader } from "@/components/ui/sort-header";
import { useNow } from "@/hooks/use-now";
import { type Group, groupsOf } from "@/lib/analytics";
import { formatCompact, formatCost, formatDateTime, formatDuration, formatInteger, formatRelative } from "@/lib/format";

import { MIN_SESSIONS, MIN_TOKENS, type OverviewSearch, type ProjectOrder } from "../search-params";
import { type Figures } from "../use-figures";
import { nameLabel } from "../words";

import { Exact } from "./exact";

const SHOWN = 12;
const USUAL_ORDER = "-lastActive";

interface Column {
  order: ProjectOrder;
  label: string;
  format: (value: number) => string;
  formatExact?: (value: number) => string;
}

const COLUMNS: readonly (Column & { order: Exclude<ProjectOrder, "name" | "lastActive"> })[] = [
  { order: "sessions", label: "Sessions", format: formatInteger },
  { order: "messages", label: "Messages", format: formatInteger },
  { order: "totalTokens", label: "Tokens", format: formatCompact, formatExact: formatInteger },
  { order: "promptTokens", label: "Prompt", format: formatCompact, formatExact: formatInteger },
  { order: "completionTokens", label: "Completion", format: formatCompact, formatExact: formatInteger },
  { order: "durationMs", label: "Time", format: formatDuration },
  { order: "cost", label: "Cost", format: formatCost },
];

interface ProjectsTableProps {
  figures: Figures;
  search: OverviewSearch;
  onSearch: (change: OverviewSearch) => void;
}

export function ProjectsTable({ figures: { usage, rows }, search, onSearch }: ProjectsTableProps) {
  const { find = "", order = USUAL_ORDER, minSessions, minTokens } = search;
  const [isWhole, setIsWhole] = useState(false);
  const groups = useMemo(() => groupsOf(usage, rows, "project"), [usage, rows]);
  const found = useMemo(() => {
    const wanted = find.toLowerCase();
    return groups
      .filter(({ name }) => nameLabel("project", name).toLowerCase().includes(wanted))
      .filter(({ sessions, totalTokens }) => sessions >= Number(minSessions ?? 0) && totalTokens >= Number(minTokens ?? 0))
      .sort(inOrder(order));
  }, [groups, find, order, minSessions, minTokens]);
  const isFiltered = find !== "" || minSessions !== undefined || minTokens !== undefined;
  const shown = isWhole ? found : found.slice(0, SHOWN);

  return (
    <Section title="Projects">
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Input
          type="search"
          aria-label="Find a project"
          placeholder="Find a project"
          className="w-48!"
          value={find}
          onChange={(event) => onSearch({ find: event.target.value || undefined })}
        />
        <SelectWithAll
          label="Sessions at least"
          className="w-36!"
          allLabel="Any sessions"
          value={minSessions}
          onChange={(value) => onSearch({ minSessions: value })}
          options={MIN_SESSIONS.map((value) => ({ value, label: `${value}+ sessions` }))}
        />
        <SelectWithAll
          label="Tokens at least"
          className="w-36!"
          allLabel="Any tokens"
          value={minTokens}
          onChange={(value) => onSearch({ minTokens: value })}
          options={MIN_TOKENS.map((value) => ({ value, label: `${Number(value) / 1000}K+ tokens` }))}
        />
        {isFiltered && (
          <Button variant="ghost" onClick={() => onSearch({ find: undefined, minSessions: undefined, minTokens: undefined })}>
            Clear
          </Button>
        )}
        <p role="status" className="nums ml-auto text-xs text-muted">
          {formatInteger(found.length)} of {formatInteger(groups.length)}
        </p>
      </div>
      {found.length === 0 ? (
        <p className="py-10 text-center text-muted">{groups.length === 0 ? "No project in this period." : "No project matches. Clear the filters above."}</p>
      ) : (
        <Table groups={shown} order={order} onOrder={(next) => onSearch({ order: next === USUAL_ORDER ? undefined : next })} />
      )}
      {found.length > SHOWN && (
        <Button variant="ghost" className="mt-2" onClick={() => setIsWhole(!isWhole)} aria-expanded={isWhole}>
          {isWhole ? "Show fewer" : `Show all ${formatInteger(found.length)}`}
        </Button>
      )}
    </Section>
  );
}

type Order = NonNullable<OverviewSearch["order"]>;

function inOrder(order: Order): (a: Group, b: Group) => number {
  const sign = order.startsWith("-") ? -1 : 1;
  const column = order.replace("-", "") as ProjectOrder;
  if (column === "name") return (a, b) => sign * a.name.localeCompare(b.name);
  return (a, b) => sign * (a[column] - b[column]) || a.name.localeCompare(b.name);
}

interface TableProps {
  groups: readonly Group[];
  order: Order;
  onOrder: (order: Order) => void;
}

function Table({ groups, order, onOrder }: TableProps) {
  const now = useNow();
  const most = Math.max(...groups.map(({ totalTokens }) => totalTokens), 1);
  const head = (column: ProjectOrder) =>
    ({
      as: "th",
      first: column === "name" ? "asc" : "desc",
      direction: order === column ? "asc" : order === `-${column}` ? "desc" : undefined,
      onSort: (direction: "asc" | "desc") => onOrder(direction === "asc" ? column : `-${column}`),
    }) as const;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard scrolls it, too
    <div role="region" aria-label="Usage by project" tabIndex={0} className="overflow-x-auto">
      <table className="nums w-full border-collapse text-right text-[0.8125rem]">
        <caption className="sr-only">Usage by project</caption>
        <thead className="text-xs text-muted">
          <tr>
            <SortHeader {...head("name")}>Project</SortHeader>
            {COLUMNS.map(({ order: column, label }) => (
              <SortHeader key={column} {...head(column)} align="end" className={cell}>
                {label}
              </SortHeader>
            ))}
            <SortHeader {...head("lastActive")} align="end" className={cell}>
              Last active
            </SortHeader>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.name} className="border-t border-line">
              <th scope="row" className="max-w-60 min-w-40 py-2 pr-3 text-left font-medium">
                <ProjectName name={group.name} />
                <span aria-hidden className="mt-1 block h-1 overflow-hidden rounded-full bg-hover">
                  <span className="block h-full rounded-full bg-chart-1" style={{ width: `${(group.totalTokens / most) * 100}%` }} />
                </span>
              </th>
              {COLUMNS.map(({ order: column, format, formatExact = format }) => (
                <td key={column} className={cell}>
                  <Exact value={group[column]} title={formatExact(group[column])}>
                    {format(group[column])}
                  </Exact>
                </td>
              ))}
              <td className={cell + " text-muted"}>
                <time dateTime={new Date(group.lastActive).toISOString()} title={formatDateTime(group.lastActive)}>
                  {formatRelative(group.lastActive, now)}
                </time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ProjectName({ name }: { name: string }) {
  const label = nameLabel("project", name);
  // A project without a name goes by its path, by which sessions cannot be filtered.
  if (name === "" || /[\\/]/.test(name)) {
    return (
      <span className={clsx("block truncate", name === "" && "text-muted")} title={label}>
        {label}
      </span>
    );
  }
  return (
    <Link to="/sessions" search={{ projectName: name }} className="block truncate hover:underline" title={label}>
      {label}
    </Link>
  );
}

const cell = "px-2 whitespace-nowrap";
