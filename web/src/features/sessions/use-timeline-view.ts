import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";

import { type Block, type Lane, type TimelineSession } from "./timeline-layout";

/** What of the timeline is in sight, in steps, so that not every pixel draws anew. */
export function useWindow(scroller: RefObject<HTMLDivElement | null>) {
  const [view, setView] = useState({ left: 0, width: 1000 });
  const measure = () => {
    const element = scroller.current;
    if (!element) return;
    const left = Math.round(element.scrollLeft / 200) * 200;
    const width = element.clientWidth;
    setView((now) => (now.left === left && now.width === width ? now : { left, width }));
  };
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const read = () =>
      setView((now) => (now.width === element.clientWidth ? now : { ...now, width: element.clientWidth }));
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);
  return { ...view, onScroll: measure };
}

/** Zooming keeps the middle of the window where it is; at first that is the latest time. */
export function useKeptTime({ scroller, scale, from, room }: { scroller: RefObject<HTMLDivElement | null>; scale: number; from: number; room: number }) {
  const shown = useRef<{ scale: number; from: number }>(undefined);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const former = shown.current;
    shown.current = { scale, from };
    if (!former) element.scrollTo({ left: element.scrollWidth });
    else if (former.scale !== scale || former.from !== from) {
      const middle = former.from + (element.scrollLeft + room / 2) / former.scale;
      element.scrollTo({ left: (middle - from) * scale - room / 2 });
    }
  }, [scroller, scale, from, room]);
}

/** Arrows go along a track, and to the nearest block of the next. One block is in the tab order. */
export function useBlockKeys(scroller: RefObject<HTMLDivElement | null>, lanes: readonly Lane[], virtualizer: { scrollToIndex: (index: number) => void }) {
  const [chosenId, setActiveId] = useState<string>();
  const wanted = useRef<string>(undefined);
  const activeId = chosenId ?? lanes[0]?.blocks.at(-1)?.session.id;

  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const block = scroller.current?.querySelector<HTMLElement>(`[data-block="${CSS.escape(wanted.current)}"]`);
    if (!block) return;
    wanted.current = undefined;
    block.focus();
  });

  const goTo = (laneIndex: number, block: Block | undefined) => {
    const element = scroller.current;
    if (!block || !element) return;
    wanted.current = block.session.id;
    setActiveId(block.session.id);
    virtualizer.scrollToIndex(laneIndex);
    if (block.x < element.scrollLeft || block.x > element.scrollLeft + element.clientWidth - 240) element.scrollTo({ left: block.x - element.clientWidth / 3 });
  };

  const onKeyDown = (event: KeyboardEvent, session: TimelineSession) => {
    const laneIndex = lanes.findIndex(({ blocks }) => blocks.some((block) => block.session.id === session.id));
    const blocks = lanes[laneIndex]?.blocks ?? [];
    const index = blocks.findIndex((block) => block.session.id === session.id);
    const x = blocks[index]?.x ?? 0;
    const moves: Record<string, () => void> = {
      ArrowRight: () => goTo(laneIndex, blocks[index + 1]),
      ArrowLeft: () => goTo(laneIndex, blocks[index - 1]),
      ArrowDown: () => goTo(laneIndex + 1, nearest(lanes[laneIndex + 1], x)),
      ArrowUp: () => goTo(laneIndex - 1, nearest(lanes[laneIndex - 1], x)),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };
  return { activeId, setActiveId, onKeyDown };
}

function nearest(lane: Lane | undefined, x: number): Block | undefined {
  return lane?.blocks.reduce((best, block) => (Math.abs(block.x - x) < Math.abs(best.x - x) ? block : best));
}
