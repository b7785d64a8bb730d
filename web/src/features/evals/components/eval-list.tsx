import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { useEffect, useEffectEvent, useRef } from "react";

import { Badge } from "@/components/ui/badge";
import { Checkbox } from "@/components/ui/checkbox";
import { InlineError } from "@/components/ui/error-message";
import { SourceBadge } from "@/components/ui/source-badge";
import { Spinner } from "@/components/ui/spinner";
import { formatDate, formatInteger } from "@/lib/format";
import { sessionTitle } from "@/lib/text";

import { type EvalRow } from "../api/get-evals";
import { verdictOf } from "../verdicts";

import { VerdictBadge } from "./verdict-badge";

const ROW_HEIGHT = 60;
const AHEAD = 10;

interface EvalListProps {
  rows: readonly EvalRow[];
  current: string | undefined;
  onOpen: (id: string) => void;
  chosen: ReadonlySet<string>;
  onChoose: (id: string) => void;
  more: { isPossible: boolean; isLoading: boolean; error: unknown; load: () => void };
}

export function EvalList({ rows, current, onOpen, chosen, onChoose, more }: EvalListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
  });
  const items = virtualizer.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) >= rows.length - AHEAD;
  const loadMore = useEffectEvent(() => {
    if (more.isPossible && !more.isLoading && !more.error) more.load();
  });
  useEffect(() => {
    if (isNearEnd) loadMore();
  }, [isNearEnd, rows.length]);

  // Stepping by keyboard must not leave what is under review out of sight.
  const currentIndex = rows.findIndex(({ id }) => id === current);
  useEffect(() => {
    if (currentIndex >= 0) virtualizer.scrollToIndex(currentIndex);
  }, [currentIndex, virtualizer]);

  return (
    <div ref={scroller} className="@container min-h-0 flex-1 overflow-y-auto px-4 pb-4 md:px-6">
      <ul aria-label="Sessions for evals" className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <li
                key={item.key}
                aria-setsize={more.isPossible ? -1 : rows.length}
                aria-posinset={item.index + 1}
                className="absolute inset-x-0 top-0 pb-1"
                style={{ height: ROW_HEIGHT, transform: `translateY(${item.start}px)` }}
              >
                <EvalRowCard row={row} isCurrent={row.id === current} onOpen={() => onOpen(row.id)} isChosen={chosen.has(row.id)} onChoose={() => onChoose(row.id)} />
              </li>
            )
          );
        })}
      </ul>
      {more.isLoading && <Spinner label="Loading more…" />}
      {Boolean(more.error) && <InlineError error={more.error} onRetry={more.load} />}
    </div>
  );
}

interface EvalRowCardProps {
  row: EvalRow;
  isCurrent: boolean;
  onOpen: () => void;
  isChosen: boolean;
  onChoose: () => void;
}

function EvalRowCard({ row, isCurrent, onOpen, isChosen, onChoose }: EvalRowCardProps) {
  const title = sessionTitle(row.title);
  return (
    <div className={clsx("relative flex h-full items-center gap-3 rounded-lg border px-3", isCurrent ? "border-accent bg-accent-soft/40" : "border-transparent hover:bg-hover")}>
      <Checkbox className="z-10" checked={isChosen} onChange={onChoose} label={`Select ${title}`} isLabelHidden />
      <div className="min-w-0 flex-1">
        <button
          type="button"
          aria-current={isCurrent || undefined}
          onClick={onOpen}
          className="block max-w-full truncate text-left text-[0.8125rem] font-medium after:absolute after:inset-0"
        >
          <span dir="auto">{title}</span>
        </button>
        <p // What does not fit falls into a second line, which is out of sight.
        className="nums mt-1 flex h-5.5 flex-wrap items-center gap-x-3 overflow-hidden text-xs whitespace-nowrap text-muted">
          <VerdictBadge verdict={verdictOf(row.evalStatus)} />
          <SourceBadge source={row.source} className="max-w-28 shrink-0" />
          <span className="@max-lg:hidden">
            {formatInteger(row.messageCount)} {row.messageCount === 1 ? "message" : "messages"}
          </span>
          <span className="@max-lg:hidden">{formatDate(row.createdAt)}</span>
          {(row.evalTags ?? []).slice(0, 3).map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </p>
      </div>
    </div>
  );
}
