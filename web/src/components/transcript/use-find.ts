import { type RefObject, useDeferredValue, useEffect, useEffectEvent, useMemo, useRef, useState } from "react";

import { type Entry } from "@/lib/conversation";
import { Finder, firstFrom, placeOf } from "@/lib/find";

import { moreKey, useFolds } from "./folds";
import { markCurrent, rangesIn, reveal, useMarks } from "./marks";
import { blockId } from "./message-card";

/** How often a drawn hit is looked for, a frame apart: rows are drawn and folds open meanwhile. */
const TRIES = 40;
const TRIES_BEFORE_MORE = 8;
const REST_MS = 300;

interface FindOptions {
  entries: readonly Entry[];
  scroller: RefObject<HTMLDivElement | null>;
  /** The first row in view: where a search begins. */
  first: number;
  scrollTo: (index: number) => void;
}

export function useFind({ entries, scroller, first, scrollTo }: FindOptions) {
  const [isOpen, setIsOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<number>();
  const [finder] = useState(() => new Finder());
  const folds = useFolds();
  const input = useRef<HTMLInputElement>(null);
  const frame = useRef(0);

  // Typing stays smooth while a long session is searched.
  const wanted = useDeferredValue(isOpen ? query : "");
  const found = useMemo(() => finder.find(entries, wanted), [finder, entries, wanted]);
  const position = Math.min(chosen ?? firstFrom(found, first), Math.max(0, found.total - 1));
  useMarks(scroller, wanted);

  const open = () => {
    setIsOpen(true);
    requestAnimationFrame(() => input.current?.select());
  };
  const close = () => {
    cancelAnimationFrame(frame.current);
    setIsOpen(false);
    scroller.current?.focus();
  };

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // A second press, from the box itself, is for the browser's own search.
      if (event.key.toLowerCase() !== "f" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      if (document.activeElement === input.current || document.querySelector("[role=dialog],[role=alertdialog]")) return;
      event.preventDefault();
      open();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const go = (to: number) => {
    const hit = placeOf(found, to);
    const message = hit && entries[hit.place.entry]?.message;
    if (!message) return;
    const { place, ordinal } = hit;
    const id = blockId(message.id, place.block);
    setChosen(to);
    scrollTo(place.entry);
    folds.setOpen(id, true);
    if (message.role === "system") folds.setOpen(`${message.id}:system`, true);

    cancelAnimationFrame(frame.current);
    const look = (tries: number) => {
      const block = scroller.current?.querySelector(`[data-block="${CSS.escape(id)}"]`);
      const ranges = block ? rangesIn(block, wanted) : [];
      const isLast = tries >= TRIES;
      // Markdown's own signs are not drawn, so there may be fewer than were counted.
      const range = ranges[ordinal] ?? (isLast ? ranges.at(-1) : undefined);
      if (range && scroller.current) {
        markCurrent(range);
        reveal(range, scroller.current);
      } else if (!isLast) {
        if (tries === TRIES_BEFORE_MORE) for (const part of [id, `${id}:result`]) folds.setOpen(moreKey(part), true);
        frame.current = requestAnimationFrame(() => look(tries + 1));
      }
    };
    frame.current = requestAnimationFrame(() => look(0));
  };

  // What was typed is gone to once the typing rests.
  const goFirst = useEffectEvent(() => {
    if (found.total > 0) go(position);
  });
  useEffect(() => {
    if (wanted === "") return;
    const timer = setTimeout(() => goFirst(), REST_MS);
    return () => clearTimeout(timer);
  }, [wanted]);

  const onStep = (by: 1 | -1) => {
    if (found.total > 0) go((position + by + found.total) % found.total);
  };
  const onQuery = (text: string) => {
    setQuery(text);
    setChosen(undefined);
  };

  return { isOpen, open, bar: { inputRef: input, query, total: found.total, position, onQuery, onStep, onClose: close } };
}
