import { type RefObject, useLayoutEffect, useRef } from "react";

import { type SessionRow } from "@/types/records";

import { rowShift } from "./anchor";

interface SteadyRows {
  scroller: RefObject<HTMLDivElement | null>;
  rowAt: (index: number) => SessionRow | undefined;
  firstRow: number;
  lastRow: number;
  rowHeight: number;
}

/** Sessions that come or move above what is in sight push it away; the scroll position follows it. */
export function useSteadyRows({ scroller, rowAt, firstRow, lastRow, rowHeight }: SteadyRows): void {
  const before = useRef<ReadonlyMap<number, string>>(new Map());
  useLayoutEffect(() => {
    const byIndex = new Map<number, string>();
    const byId = new Map<string, number>();
    for (let index = firstRow; index <= lastRow; index++) {
      const id = rowAt(index)?.id;
      if (id === undefined) continue;
      byIndex.set(index, id);
      byId.set(id, index);
    }
    const element = scroller.current;
    // At the top newcomers are what one wants to see.
    if (element && element.scrollTop >= rowHeight) {
      const firstInSight = Math.ceil(element.scrollTop / rowHeight);
      const shift = rowShift(before.current, byId, firstInSight, firstInSight + Math.ceil(element.clientHeight / rowHeight));
      if (shift !== 0) element.scrollBy({ top: shift * rowHeight, behavior: "instant" });
    }
    before.current = byIndex;
  }, [scroller, rowAt, firstRow, lastRow, rowHeight]);
}
