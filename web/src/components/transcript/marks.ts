import { type RefObject, useEffect } from "react";

import { folded } from "@/lib/find";

const FOUND = "found";
const CURRENT = "found-current";
const RANGES_LIMIT = 2_000;
const WAIT_MS = 80;

/**
 * Marks the words in what is drawn, and again whenever that changes. The marks are the browser's
 * own highlights: they touch no element, so rows and their heights stay as they are.
 */
export function useMarks(container: RefObject<HTMLElement | null>, query: string): void {
  useEffect(() => {
    const element = container.current;
    const registry = registryOf();
    if (!element || !registry || query === "") return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const mark = () => {
      timer = undefined;
      const blocks = [...element.querySelectorAll("[data-block]")];
      registry.set(FOUND, new Highlight(...blocks.flatMap((block) => rangesIn(block, query)).slice(0, RANGES_LIMIT)));
    };
    const observer = new MutationObserver(() => (timer ??= setTimeout(mark, WAIT_MS)));
    mark();
    observer.observe(element, { childList: true, subtree: true, characterData: true });
    return () => {
      observer.disconnect();
      clearTimeout(timer);
      registry.delete(FOUND);
      registry.delete(CURRENT);
    };
  }, [container, query]);
}

export function markCurrent(range: Range): void {
  const highlight = registryOf() && new Highlight(range);
  if (!highlight) return;
  highlight.priority = 1;
  registryOf()?.set(CURRENT, highlight);
}

/** Where the words stand in the text of an element, across the elements within. */
export function rangesIn(element: Element, query: string): Range[] {
  const wanted = folded(query);
  if (wanted === "") return [];
  const nodes: { node: Text; start: number }[] = [];
  let text = "";
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!(node instanceof Text) || node.parentElement?.closest("button, .sr-only, [aria-hidden]")) continue;
    nodes.push({ node, start: text.length });
    text += node.data;
  }
  const lower = text.toLowerCase();
  // A few letters change their length with their case; then places would be off.
  if (lower.length !== text.length) return [];
  const ranges: Range[] = [];
  let index = 0;
  for (let at = lower.indexOf(wanted); at >= 0 && ranges.length < RANGES_LIMIT; at = lower.indexOf(wanted, at + wanted.length)) {
    while ((nodes[index + 1]?.start ?? Infinity) <= at) index++;
    const end = at + wanted.length;
    let last = index;
    while ((nodes[last + 1]?.start ?? Infinity) < end) last++;
    const from = nodes[index];
    const to = nodes[last];
    if (!from || !to) break;
    const range = document.createRange();
    range.setStart(from.node, at - from.start);
    range.setEnd(to.node, end - to.start);
    ranges.push(range);
  }
  return ranges;
}

/** Scrolls everything that scrolls between a range and `scroller`, so that it comes into view. */
export function reveal(range: Range, scroller: HTMLElement): void {
  let parent = range.startContainer.parentElement;
  while (parent) {
    if (parent.scrollHeight > parent.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(parent).overflowY)) {
      const box = parent.getBoundingClientRect();
      const place = range.getBoundingClientRect();
      if (place.top < box.top + 24 || place.bottom > box.bottom - 24) {
        parent.scrollTop += place.top - box.top - box.height / 2;
      }
    }
    if (parent === scroller) return;
    parent = parent.parentElement;
  }
}

function registryOf(): HighlightRegistry | undefined {
  return "highlights" in CSS ? CSS.highlights : undefined;
}
