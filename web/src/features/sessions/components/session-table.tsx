import { useRouterState } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { ArrowUp } from "lucide-react";
import { useLayoutEffect, useRef } from "react";

import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { InlineError } from "@/components/ui/error-message";
import { SortHeader } from "@/components/ui/sort-header";
import { useMediaQuery } from "@/hooks/use-media-query";
import { useSessionRows } from "@/hooks/use-sessions";
import { type SessionFilter } from "@/lib/session-filter";
import { isDescending, nextSort, type SessionSort, sortKeyOf } from "@/lib/session-sort";
import { type SessionRow } from "@/types/records";

import { COLUMNS, gridClass } from "../columns";
import { recallScroll, rememberScroll } from "../scroll-memory";
import { isSelected, select, type Selection } from "../selection";
import { useNewcomers } from "../use-newcomers";
import { useRowActions } from "../use-row-actions";
import { useSteadyRows } from "../use-steady-rows";

import { SessionTableRow, SkeletonRow } from "./session-row";

const ROW_HEIGHT = 52;
const CARD_HEIGHT = 78;
const SKELETON_ROWS = 12;

interface SessionTableProps {
  filter: SessionFilter;
  sort: SessionSort;
  onSort: (sort: SessionSort) => void;
  /** Unknown until the first page is there. */
  total: number | undefined;
  /** Rows of the filter before, shown faintly until the new ones come. */
  former: SessionRow[] | undefined;
  /** The first page, wherever the list is scrolled to. */
  head: readonly SessionRow[];
  selection: Selection;
  onSelect: (selection: Selection) => void;
}

export function SessionTable({ filter, sort, onSort, total, former, head, selection, onSelect }: SessionTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rowHeight = useMediaQuery("(min-width: 64rem)") ? ROW_HEIGHT : CARD_HEIGHT;
  const entry = useRouterState({ select: ({ location }) => location.state.__TSR_key ?? "" });
  const virtualizer = useVirtualizer({
    count: total ?? SKELETON_ROWS,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    initialOffset: () => recallScroll(entry),
    overscan: 8,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);
  useLayoutEffect(() => () => rememberScroll(entry, virtualizer.scrollOffset ?? 0), [entry, virtualizer]);

  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const { rowAt, firstRow, lastRow, error, retry } = useSessionRows(filter, sort, first, last);
  const isAtTop = (virtualizer.scrollOffset ?? 0) < rowHeight;

  useSteadyRows({ scroller, rowAt, firstRow, lastRow, rowHeight });
  const newcomers = useNewcomers(head, sort, isAtTop);
  const { activeIndex, editingId, handlers } = useRowActions({
    ...{ filter, sort, total: total ?? 0, selection, onSelect, rowAt, scroller },
    scrollTo: (index) => virtualizer.scrollToIndex(index),
  });

  const loaded = idsBetween(rowAt, firstRow, Math.min(lastRow, (total ?? 0) - 1));
  const inTabOrder = activeIndex >= first && activeIndex <= last ? activeIndex : Math.min(last, Math.ceil((virtualizer.scrollOffset ?? 0) / rowHeight));
  const seen = new Set<string>();

  return (
    <div
      role="grid"
      aria-label="Sessions"
      aria-multiselectable
      aria-rowcount={(total ?? 0) + 1}
      aria-busy={total === undefined || former !== undefined}
      className="relative flex min-h-0 flex-1 flex-col"
    >
      <HeaderRow sort={sort} onSort={onSort} ids={loaded} selection={selection} onSelect={onSelect} />
      {error && total !== undefined && (
        <div className="px-4 md:px-8">
          <InlineError error={error} onRetry={retry} />
        </div>
      )}
      <div ref={scroller} role="presentation" className="min-h-0 flex-1 overflow-y-auto px-2 pb-4 [overflow-anchor:none] [scrollbar-gutter:stable] md:px-6">
        <div role="rowgroup" className={clsx("relative transition-opacity", former && "opacity-50")} style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const session = rowAt(item.index) ?? former?.[item.index];
            const common = { index: item.index, start: item.start, height: rowHeight };
            if (!session) return <SkeletonRow key={item.key} {...common} />;
            // While pages are read one after the other, a session may stand in two of them.
            const key = seen.has(session.id) ? item.key : session.id;
            seen.add(session.id);
            return (
              <SessionTableRow
                key={key}
                {...common}
                session={session}
                isSelected={isSelected(selection, session.id)}
                isActive={item.index === inTabOrder}
                isEditing={session.id === editingId}
                handlers={handlers}
              />
            );
          })}
        </div>
      </div>
      {newcomers > 0 && (
        <div role="status" className="pointer-events-none absolute inset-x-0 top-11 z-20 flex justify-center">
          <Button variant="primary" className="pointer-events-auto rounded-full! shadow-lg" onClick={() => virtualizer.scrollToOffset(0)}>
            <ArrowUp aria-hidden />
            {newcomers >= head.length ? `${newcomers}+` : newcomers} new
          </Button>
        </div>
      )}
    </div>
  );
}

interface HeaderProps {
  sort: SessionSort;
  onSort: (sort: SessionSort) => void;
  ids: string[];
  selection: Selection;
  onSelect: (selection: Selection) => void;
}

function HeaderRow({ sort, onSort, ids, selection, onSelect }: HeaderProps) {
  const chosen = ids.filter((id) => isSelected(selection, id)).length;
  const state = chosen === 0 ? false : chosen === ids.length ? true : "indeterminate";
  return (
    <div role="rowgroup" className="overflow-hidden px-2 [scrollbar-gutter:stable] md:px-6">
      <div role="row" aria-rowindex={1} className={clsx(gridClass, "h-9 border-b border-line text-xs text-muted")}>
        <span role="columnheader" className="grid">
          <Checkbox isLabelHidden label={`Select the ${ids.length} sessions of this page`} checked={state} onChange={() => onSelect(select(selection, ids, state !== true))} />
        </span>
        {COLUMNS.map(({ key, label, className, isNumeric }) => (
          <SortHeader
            key={key}
            direction={sortKeyOf(sort) !== key ? undefined : isDescending(sort) ? "desc" : "asc"}
            onSort={() => onSort(nextSort(sort, key))}
            align={isNumeric ? "end" : "start"}
            // The arrow stands beside the figures, the words above them.
            className={clsx(isNumeric && "-mr-3.5", className)}
          >
            {label}
          </SortHeader>
        ))}
      </div>
    </div>
  );
}

function idsBetween(rowAt: (index: number) => SessionRow | undefined, first: number, last: number): string[] {
  const ids: string[] = [];
  for (let index = first; index <= last; index++) {
    const id = rowAt(index)?.id;
    if (id !== undefined) ids.push(id);
  }
  return ids;
}
