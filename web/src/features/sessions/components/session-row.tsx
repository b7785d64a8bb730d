import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { Check, FlaskConical, Globe, Pencil } from "lucide-react";
import { type CSSProperties, memo } from "react";

import { Skeleton } from "@/components/ui/skeleton";
import { SourceBadge } from "@/components/ui/source-badge";
import { useNow } from "@/hooks/use-now";
import { formatCompact, formatCost, formatDateTime, formatDuration, formatInteger, formatRelative } from "@/lib/format";
import { plainText, sessionTitle } from "@/lib/text";
import { type SessionRow } from "@/types/records";

import { BELOW_WIDE, FROM_2XL, FROM_LG, FROM_WIDE, FROM_XL, gridClass } from "../columns";
import { type RowHandlers } from "../use-row-actions";

import { TitleEditor } from "./title-editor";

interface RowProps {
  session: SessionRow;
  index: number;
  /** Pixels from the top of the list. */
  start: number;
  height: number;
  isSelected: boolean;
  /** The one row that the Tab key reaches. */
  isActive: boolean;
  isEditing: boolean;
  handlers: RowHandlers;
}

export const SessionTableRow = memo(function SessionTableRow({ session, index, start, height, isSelected, isActive, isEditing, handlers }: RowProps) {
  const tabIndex = isActive ? 0 : -1;
  const title = plainText(session.title);
  const name = sessionTitle(title);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-index={index}
      style={place(start, height)}
      onFocus={() => handlers.onActivate(index)}
      className={clsx(
        gridClass,
        "group absolute inset-x-0 top-0 rounded-lg border-b border-line/60",
        isSelected ? "bg-accent-soft" : "focus-within:bg-hover hover:bg-hover",
      )}
    >
      <div role="gridcell" className="relative z-10 grid">
        {/* The target is as high as the row. */}
        <label className="absolute inset-y-[-1.25rem] -left-2 grid w-8 cursor-pointer place-items-center">
          <input
            type="checkbox"
            aria-label={`Select ${name}`}
            tabIndex={tabIndex}
            checked={isSelected}
            onChange={() => undefined}
            onClick={(event) => {
              handlers.onToggle(index, event.shiftKey);
              if (event.detail > 0) handlers.onFocusRow(index);
            }}
            className="peer size-4 cursor-pointer appearance-none rounded border border-line-strong bg-surface checked:border-accent checked:bg-accent"
          />
          <Check aria-hidden className="pointer-events-none absolute hidden size-3 text-on-accent peer-checked:block" />
        </label>
      </div>
      <div role="gridcell" className="min-w-0">
        {isEditing ? (
          <TitleEditor session={session} onDone={() => handlers.onEdit(undefined)} />
        ) : (
          <p className="flex items-center gap-1.5">
            <Link
              to="/sessions/$id"
              state={{ isFromList: true }}
              params={{ id: session.id }}
              tabIndex={tabIndex}
              data-row-link
              // The link covers the row, so that all of it can be clicked.
              className="truncate font-medium outline-none after:absolute after:inset-0 after:rounded-lg focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
            >
              <bdi className={title ? undefined : "text-muted"}>{name}</bdi>
            </Link>
            {session.isPublic && <Globe role="img" aria-label="Public" className="size-3.5 shrink-0 text-muted" />}
            {(session.evalReady || session.evalStatus) && <FlaskConical role="img" aria-label="In evals" className="size-3.5 shrink-0 text-muted" />}
            <button
              type="button"
              tabIndex={tabIndex}
              onClick={() => handlers.onEdit(session.id)}
              aria-label={`Rename ${name}`}
              title="Rename (F2)"
              // Takes room only where it is wanted, so that the title has it otherwise.
              className="relative z-10 grid h-6 w-0 shrink-0 place-items-center overflow-hidden rounded-md text-muted group-hover:w-6 hover:text-ink focus-visible:w-6 pointer-coarse:w-6"
            >
              <Pencil aria-hidden className="size-3.5" />
            </button>
          </p>
        )}
        {!isEditing && <Details session={session} />}
      </div>
      <TextCell className={FROM_WIDE} title={session.projectPath}>
        {session.projectName || session.projectPath}
      </TextCell>
      <div role="gridcell" className={clsx(FROM_LG, "min-w-0")}>
        <SourceBadge source={session.source} className="max-w-full" />
        <p className={clsx("truncate text-xs text-muted", BELOW_WIDE)} title={session.model}>
          {session.model || "–"}
        </p>
      </div>
      <TextCell className={FROM_WIDE}>{session.model}</TextCell>
      <Figure className={FROM_XL}>{formatInteger(session.messageCount)}</Figure>
      <Figure className={FROM_LG}>{formatCompact(session.totalTokens)}</Figure>
      <Figure className={FROM_LG}>{formatCost(session.cost)}</Figure>
      <Figure className={FROM_XL}>{session.durationMs > 0 ? formatDuration(session.durationMs) : "–"}</Figure>
      <Time at={session.createdAt} className={FROM_2XL} />
      <Time at={session.updatedAt} />
    </div>
  );
});

/** Second line: the project where it has no column, and on a card all that has none. */
function Details({ session }: { session: SessionRow }) {
  return (
    <>
      <p className={clsx("truncate text-xs text-muted", BELOW_WIDE)} title={session.projectPath}>
        <bdi>{session.projectName || session.projectPath || "No project"}</bdi>
      </p>
      <p className="nums mt-0.5 flex min-w-0 items-center gap-2 text-xs text-muted lg:hidden">
        <SourceBadge source={session.source} className="max-w-28" />
        <span>{formatCompact(session.totalTokens)} tokens</span>
        <span>{formatCost(session.cost)}</span>
      </p>
    </>
  );
}

function TextCell({ children, title, className }: { children: string; title?: string; className: string }) {
  return (
    <div role="gridcell" title={title ?? children} className={clsx("truncate text-[0.8125rem]", className)}>
      {children === "" ? <span className="text-muted">–</span> : <bdi>{children}</bdi>}
    </div>
  );
}

function Figure({ children, className }: { children: string; className: string }) {
  return (
    <div role="gridcell" className={clsx("nums text-right text-[0.8125rem]", className)}>
      {children}
    </div>
  );
}

function Time({ at, className }: { at: number; className?: string }) {
  const now = useNow();
  return (
    <div role="gridcell" className={clsx("nums text-right text-xs whitespace-nowrap text-muted max-lg:self-start max-lg:pt-2.5", className)}>
      <time dateTime={isoOf(at)} title={formatDateTime(at)}>
        {formatRelative(at, now)}
      </time>
    </div>
  );
}

export function SkeletonRow({ index, start, height }: Pick<RowProps, "index" | "start" | "height">) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      style={place(start, height)}
      className="absolute inset-x-0 top-0 flex items-center justify-between gap-8 border-b border-line/60 px-2"
    >
      <div role="gridcell" aria-label="Loading" className="grid flex-1 gap-2 pl-10">
        <Skeleton className="h-3.5 w-3/5 max-w-96" />
        <Skeleton className="h-2.5 w-1/4 max-w-40" />
      </div>
    </div>
  );
}

function place(start: number, height: number): CSSProperties {
  return { height, transform: `translateY(${start}px)` };
}

function isoOf(at: number): string | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
