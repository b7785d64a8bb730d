import { useQueryClient } from "@tanstack/react-query";
import { type RefObject, useLayoutEffect, useMemo, useRef, useState } from "react";

import { useKeys } from "@/hooks/use-keys";
import { usePocketBase } from "@/hooks/use-pocketbase";
import { readSessionIds } from "@/hooks/use-sessions";
import { messageOf } from "@/lib/errors";
import { type SessionFilter } from "@/lib/session-filter";
import { type SessionSort } from "@/lib/session-sort";
import { toasts } from "@/lib/toasts";
import { type SessionRow } from "@/types/records";

import { isSelected, select, type Selection } from "./selection";

/** A longer span is better meant as "all that match". */
const MAX_SPAN = 1000;

export interface RowHandlers {
  onToggle: (index: number, isRange: boolean) => void;
  /** Gives the focus to the row itself, where the keys of the list work. */
  onFocusRow: (index: number) => void;
  onEdit: (id: string | undefined) => void;
  onActivate: (index: number) => void;
}

interface RowActions {
  filter: SessionFilter;
  sort: SessionSort;
  selection: Selection;
  onSelect: (selection: Selection) => void;
  total: number;
  rowAt: (index: number) => SessionRow | undefined;
  scroller: RefObject<HTMLDivElement | null>;
  scrollTo: (index: number) => void;
}

/** The row the keyboard is at, ticking rows and spans of rows, and the title that is being changed. */
export function useRowActions({ filter, sort, total, selection, onSelect, rowAt, scroller, scrollTo }: RowActions) {
  const queryClient = useQueryClient();
  const client = usePocketBase();
  const [activeIndex, setActiveIndex] = useState(0);
  const [editingId, setEditingId] = useState<string>();
  const [spanFrom, setSpanFrom] = useState<number>();
  const wantsFocus = useRef(false);

  const focusRow = (index: number) => {
    const link = scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"] [data-row-link]`);
    link?.focus({ preventScroll: true });
    wantsFocus.current = !link;
  };
  // The row may have to be scrolled to, and read, before it can have the focus.
  useLayoutEffect(() => {
    if (wantsFocus.current) focusRow(activeIndex);
  });

  const moveTo = (index: number) => {
    if (total === 0) return;
    const target = Math.max(0, Math.min(total - 1, index));
    setActiveIndex(target);
    scrollTo(target);
    focusRow(target);
  };

  const selectSpan = async (from: number, to: number) => {
    const [first, last] = from < to ? [from, to] : [to, from];
    if (last - first >= MAX_SPAN) {
      toasts.show(`A span holds up to ${MAX_SPAN} sessions. For more, select all that match.`, { tone: "danger" });
      return;
    }
    try {
      onSelect(select(selection, await readSessionIds(queryClient, client, { filter, sort, first, last }), true));
    } catch (error) {
      toasts.show(`The span was not selected. ${messageOf(error)}`, { tone: "danger" });
    }
  };

  const toggle = (index: number, isRange: boolean) => {
    setSpanFrom(index);
    setActiveIndex(index);
    if (isRange && spanFrom !== undefined && spanFrom !== index) {
      void selectSpan(spanFrom, index);
      return;
    }
    const id = rowAt(index)?.id;
    if (id !== undefined) onSelect(select(selection, [id], !isSelected(selection, id)));
  };

  const step = (by: number) => {
    const isThere = scroller.current?.contains(document.activeElement) ?? false;
    // The first press finds the place, the next ones move.
    moveTo(isThere ? activeIndex + by : activeIndex);
  };
  useKeys({
    ArrowDown: () => step(1),
    j: () => step(1),
    ArrowUp: () => step(-1),
    k: () => step(-1),
    x: () => toggle(activeIndex, false),
    X: () => toggle(activeIndex, true),
    F2: () => setEditingId(rowAt(activeIndex)?.id),
  });

  const edit = (id: string | undefined) => {
    wantsFocus.current = id === undefined;
    setEditingId(id);
  };
  // The rows are given the same functions each time, and so only those draw anew that changed.
  const latest = useRef({ toggle, edit, focusRow });
  useLayoutEffect(() => {
    latest.current = { toggle, edit, focusRow };
  });
  const handlers = useMemo<RowHandlers>(
    () => ({
      onToggle: (index, isRange) => latest.current.toggle(index, isRange),
      onFocusRow: (index) => latest.current.focusRow(index),
      onEdit: (id) => latest.current.edit(id),
      onActivate: setActiveIndex,
    }),
    [],
  );
  return { activeIndex, editingId, handlers };
}
