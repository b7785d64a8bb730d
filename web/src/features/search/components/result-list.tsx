import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useRef } from "react";

import { InlineError } from "@/components/ui/error-message";
import { Spinner } from "@/components/ui/spinner";
import { useNow } from "@/hooks/use-now";

import { type SearchResult } from "../api/search";

import { ResultCard } from "./result-card";

const ESTIMATED_HEIGHT = 128;
/** Results left below the last one in view when the next page is asked for. */
const AHEAD = 6;

interface ResultListProps {
  results: SearchResult[];
  selected: SearchResult | undefined;
  onSelect: (result: SearchResult) => void;
  more: { isPossible: boolean; isLoading: boolean; error: unknown; load: () => void };
}

/** Results in order of fit; the next page comes as the end draws near. */
export function ResultList({ results, selected, onSelect, more }: ResultListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow();
  const virtualizer = useVirtualizer({
    count: results.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATED_HEIGHT,
    getItemKey: (index) => results[index]?.id ?? index,
    overscan: 5,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const isNearEnd = last >= results.length - AHEAD;
  const loadMore = useEffectEvent(() => {
    if (more.isPossible && !more.isLoading && !more.error) more.load();
  });
  useEffect(() => {
    if (isNearEnd) loadMore();
  }, [isNearEnd, results.length]);

  // Arrows walk the results while the focus is among them; the preview follows.
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || !selected) return;
    const index = results.findIndex(({ id }) => id === selected.id) + step;
    const next = results[index];
    if (!next) return;
    event.preventDefault();
    onSelect(next);
    virtualizer.scrollToIndex(index);
  };
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the buttons inside are what has the focus */}
      <ol aria-label="Results" onKeyDown={onKeyDown} className="relative mx-auto max-w-4xl" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const result = results[item.index];
          return (
            result && (
              <li
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                aria-setsize={results.length}
                aria-posinset={item.index + 1}
                className="absolute inset-x-0 top-0 px-4 pb-2 md:px-8"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <ResultCard result={result} now={now} isSelected={selected?.id === result.id} onSelect={() => onSelect(result)} />
              </li>
            )
          );
        })}
      </ol>
      <div className="mx-auto max-w-4xl px-4 pb-6 md:px-8">
        {more.isLoading && <Spinner label="Loading more…" />}
        {Boolean(more.error) && <InlineError error={more.error} onRetry={more.load} />}
      </div>
    </div>
  );
}
