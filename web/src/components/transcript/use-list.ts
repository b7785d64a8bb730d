import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { type Conversation, type Entry } from "@/lib/conversation";

const NEAR_END = 80;
const OVERSCAN = 5;
const CALM_FRAMES = 10;

type Align = "start" | "center" | "end";

/** Where somebody asked to go; by id, as rows may still come in above. */
interface Goal {
  id: string | typeof END;
  align: Align;
}

const END = Symbol("the end, once everything is read");
const TO_THE_END: Goal = { id: END, align: "end" };
const READER_SCROLLS = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/** The rows in view, and the reader's place while rows come and go around it. */
export function useList(conversation: Conversation, isComplete: boolean, targetId: string | undefined) {
  const { entries, indexOf } = conversation;
  const scroller = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ id: string; index: number; offset: number } | null>(null);
  const isAtEnd = useRef(false);
  const [first, setFirst] = useState(0);
  // How many rows there were when the end was last in view.
  const [seen, setSeen] = useState<number>();
  const [goal, setGoal] = useState<Goal>();
  const [taken, setTaken] = useState<string>();
  if (targetId !== taken) {
    setTaken(targetId);
    setGoal(targetId === undefined ? undefined : { id: targetId, align: "center" });
  }

  // Asked for thousands of times while rows are measured.
  const heights = useMemo(() => entries.map(estimate), [entries]);
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heights[index] ?? 0,
    getItemKey: (index) => entries[index]?.message.id ?? index,
    overscan: OVERSCAN,
  });

  const last = entries.length - 1;
  const noteEnd = () => {
    const element = scroller.current;
    if (!element) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    if (isAtEnd.current && isComplete) setSeen(entries.length);
  };
  const onScroll = () => {
    noteEnd();
    const offset = scroller.current?.scrollTop ?? 0;
    const item = virtualizer.getVirtualItemForOffset(offset);
    const id = item && entries[item.index]?.message.id;
    if (item && id !== undefined) {
      anchor.current = { id, index: item.index, offset: item.start - offset };
      setFirst(item.index);
    }
  };

  // A row that came in above would push what is being read out of sight.
  useLayoutEffect(() => {
    const held = anchor.current;
    const index = held && indexOf.get(held.id);
    if (!held || index === null || index === undefined || index === held.index) return;
    anchor.current = { ...held, index };
    const start = virtualizer.getOffsetForIndex(index, "start")?.[0];
    if (start !== undefined) virtualizer.scrollToOffset(start - held.offset);
  }, [indexOf, virtualizer]);

  // Who reads along at the end keeps reading along; who reads elsewhere is left in peace.
  const isLoaded = isComplete && last >= 0;
  useEffect(() => {
    if (!isLoaded) return;
    setSeen((before) => before ?? last + 1);
    if (isAtEnd.current) {
      virtualizer.scrollToIndex(last, { align: "end" });
      setSeen(last + 1);
    }
  }, [isLoaded, last, virtualizer]);

  // Rows on the way are measured and more may be read: one jump seldom ends where it should.
  useEffect(() => {
    const element = scroller.current;
    const index = goal && (goal.id === END ? last : indexOf.get(goal.id));
    if (!goal || !element || index === undefined || index < 0) return;
    let calm = 0;
    let frame = 0;
    const step = () => {
      const offset = virtualizer.getOffsetForIndex(index, goal.align)?.[0] ?? 0;
      const isThere = Math.abs(element.scrollTop - offset) < 2 && element.querySelector(`[data-index="${index}"]`) !== null;
      calm = isThere ? calm + 1 : 0;
      if (!isThere) virtualizer.scrollToIndex(index, { align: goal.align });
      if (calm < CALM_FRAMES) frame = requestAnimationFrame(step);
      else if (isComplete) setGoal(undefined);
    };
    const giveUp = () => setGoal(undefined);
    step();
    for (const event of READER_SCROLLS) element.addEventListener(event, giveUp, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      for (const event of READER_SCROLLS) element.removeEventListener(event, giveUp);
    };
  }, [goal, indexOf, last, isComplete, virtualizer]);

  const goTo = (index: number, align: Align) => {
    const id = entries[index]?.message.id;
    if (id !== undefined) setGoal({ id, align });
  };
  const goToEnd = () => setGoal(TO_THE_END);

  return { scroller, virtualizer, onScroll, goTo, goToEnd, first, unseen: isLoaded && seen !== undefined ? Math.max(0, last + 1 - seen) : 0 };
}

/** Near enough for the scroll bar; rows are measured when they are drawn. */
function estimate({ blocks }: Entry): number {
  const heights = blocks.map((block) => (block.kind === "text" ? 30 + 0.24 * Math.min(block.text.length, 12_000) : block.kind === "picture" ? 200 : 42));
  return 60 + heights.reduce((sum, height) => sum + height, 0);
}
