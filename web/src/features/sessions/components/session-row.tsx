import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { Globe } from "lucide-react";
import { type CSSProperties } from "react";

import { Skeleton } from "@/components/ui/skeleton";
import { SourceBadge } from "@/components/ui/source-badge";
import { useNow } from "@/hooks/use-now";
import { formatCompact, formatCost, formatDateTime, formatDuration, formatInteger, formatRelative } from "@/lib/format";
import { type SessionRow } from "@/types/records";

// On a phone a row is its title, the agent and the time; columns return as there is room.
export const gridClass =
  "grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 px-2 md:grid-cols-[minmax(0,1fr)_11rem_4.5rem_4.5rem_5.5rem] lg:grid-cols-[minmax(0,1fr)_11rem_4.5rem_4.5rem_4.5rem_4.5rem_5.5rem]";

const wide = "max-lg:hidden";
const medium = "max-md:hidden";

export const COLUMNS: readonly { label: string; className?: string }[] = [
  { label: "Title" },
  { label: "Agent and model", className: medium },
  { label: "Messages", className: clsx(wide, "text-right") },
  { label: "Tokens", className: clsx(medium, "text-right") },
  { label: "Cost", className: clsx(medium, "text-right") },
  { label: "Duration", className: clsx(wide, "text-right") },
  { label: "Updated", className: "text-right" },
];

interface RowProps {
  session: SessionRow;
  rowIndex: number;
  style: CSSProperties;
}

export function SessionTableRow({ session, rowIndex, style }: RowProps) {
  const now = useNow();
  const project = session.projectName || session.projectPath;
  return (
    <div
      role="row"
      aria-rowindex={rowIndex}
      style={style}
      className={clsx(gridClass, "absolute inset-x-0 top-0 rounded-lg border-b border-line/60 transition-colors hover:bg-hover has-focus-visible:bg-hover")}
    >
      <div role="cell" className="min-w-0">
        <p className="flex items-center gap-1.5">
          <Link
            to="/sessions/$id"
            params={{ id: session.id }}
            // The link covers the row, so that all of it can be clicked.
            className="truncate font-medium outline-none after:absolute after:inset-0 after:rounded-lg focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
          >
            {session.title || "Untitled session"}
          </Link>
          {session.isPublic && <Globe role="img" aria-label="Public" className="size-3.5 shrink-0 text-muted" />}
        </p>
        <p className="flex min-w-0 items-center gap-2 text-xs text-muted">
          <SourceBadge source={session.source} className="shrink-0 md:hidden" />
          <span className="truncate" title={session.projectPath}>
            {project || "No project"}
          </span>
        </p>
      </div>
      <div role="cell" className={clsx(medium, "min-w-0")}>
        <SourceBadge source={session.source} className="max-w-full" />
        <p className="truncate text-xs text-muted" title={session.model}>
          {session.model || "–"}
        </p>
      </div>
      <Figure className={wide}>{formatInteger(session.messageCount)}</Figure>
      <Figure className={medium}>{formatCompact(session.totalTokens)}</Figure>
      <Figure className={medium}>{formatCost(session.cost)}</Figure>
      <Figure className={wide}>{session.durationMs > 0 ? formatDuration(session.durationMs) : "–"}</Figure>
      <div role="cell" className="nums text-right text-xs whitespace-nowrap text-muted">
        <time dateTime={isoOf(session.updatedAt)} title={formatDateTime(session.updatedAt)}>
          {formatRelative(session.updatedAt, now)}
        </time>
        <p className="md:hidden">{formatCompact(session.totalTokens)} tok</p>
      </div>
    </div>
  );
}

function Figure({ children, className }: { children: string; className: string }) {
  return (
    <div role="cell" className={clsx("nums text-right text-[0.8125rem]", className)}>
      {children}
    </div>
  );
}

export function SkeletonRow({ rowIndex, style }: Pick<RowProps, "rowIndex" | "style">) {
  return (
    <div role="row" aria-rowindex={rowIndex} style={style} className="absolute inset-x-0 top-0 flex items-center justify-between gap-8 border-b border-line/60 px-2">
      <div role="cell" className="grid flex-1 gap-2">
        <Skeleton className="h-3.5 w-3/5 max-w-96" />
        <Skeleton className="h-2.5 w-1/4 max-w-40" />
      </div>
      <Skeleton className="h-3 w-16" />
    </div>
  );
}

function isoOf(at: number): string | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
