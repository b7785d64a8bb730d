import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { useRef } from "react";

import { InlineError } from "@/components/ui/error-message";
import { useSessionRows } from "@/hooks/use-sessions";
import { type SessionFilter } from "@/lib/query-keys";
import { type SessionRow } from "@/types/records";

import { COLUMNS, gridClass, SessionTableRow, SkeletonRow } from "./session-row";

const ROW_HEIGHT = 60;
const SKELETON_ROWS = 12;

interface SessionTableProps {
  filter: SessionFilter;
  /** Unknown until the first page is there. */
  total: number | undefined;
  /** Rows of the filter before, shown faintly until the new ones come. */
  former: SessionRow[] | undefined;
}

export function SessionTable({ filter, total, former }: SessionTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: total ?? SKELETON_ROWS,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();
  const { rowAt, error } = useSessionRows(filter, items[0]?.index ?? 0, items.at(-1)?.index ?? 0);

  return (
    <div
      ref={scroller}
      role="table"
      aria-label="Sessions"
      aria-rowcount={(total ?? 0) + 1}
      aria-busy={total === undefined || former !== undefined}
      className="min-h-0 flex-1 overflow-y-auto px-2 pb-4 md:px-6"
    >
      <HeaderRow />
      {error && total !== undefined && <InlineError error={error} />}
      <div role="rowgroup" className={clsx("relative transition-opacity", former && "opacity-50")} style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const session = rowAt(item.index) ?? former?.[item.index];
          const style = { height: ROW_HEIGHT, transform: `translateY(${item.start}px)` };
          return session ? (
            <SessionTableRow key={session.id} session={session} rowIndex={item.index + 2} style={style} />
          ) : (
            <SkeletonRow key={item.key} rowIndex={item.index + 2} style={style} />
          );
        })}
      </div>
    </div>
  );
}

function HeaderRow() {
  return (
    <div role="rowgroup" className="sticky top-0 z-10 bg-canvas max-md:sr-only">
      <div role="row" aria-rowindex={1} className={clsx(gridClass, "h-9 border-b border-line text-xs text-muted")}>
        {COLUMNS.map(({ label, className }) => (
          <span key={label} role="columnheader" className={clsx("truncate", className)}>
            {label}
          </span>
        ))}
      </div>
    </div>
  );
}
