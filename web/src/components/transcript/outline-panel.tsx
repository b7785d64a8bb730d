import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { X } from "lucide-react";
import { useEffect, useRef } from "react";

import { Button } from "@/components/ui/button";
import { type OutlineItem } from "@/lib/outline";

const ROW = 30;
const indents = ["pl-3 font-medium", "pl-6 text-muted", "pl-9 text-muted", "pl-12 text-muted"];

interface OutlinePanelProps {
  items: readonly OutlineItem[];
  current: number;
  onChoose: (item: OutlineItem) => void;
  onClose: () => void;
}

export function OutlinePanel({ items, current, onChoose, onClose }: OutlinePanelProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: items.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12 });

  useEffect(() => {
    if (current >= 0) rows.scrollToIndex(current, { align: "auto" });
  }, [current, rows]);

  return (
    <aside
      aria-label="Outline"
      className="flex w-72 shrink-0 flex-col border-l border-line bg-surface @max-4xl:absolute @max-4xl:inset-y-0 @max-4xl:right-0 @max-4xl:z-20 @max-4xl:max-w-[85%] @max-4xl:shadow-2xl"
    >
      <div className="flex items-center justify-between border-b border-line py-1 pr-1 pl-3">
        <h2 className="text-xs font-semibold text-muted">Outline</h2>
        <Button variant="ghost" isIcon aria-label="Close the outline" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
      {items.length === 0 ? (
        <p className="px-3 py-4 text-[0.8125rem] text-muted">No questions or headings yet.</p>
      ) : (
        // A scroll area must itself be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div ref={scroller} tabIndex={0} role="region" aria-label="Questions and headings" className="min-h-0 flex-1 overflow-y-auto py-1 -outline-offset-2">
          <ol className="relative" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map(({ index, start }) => {
              const item = items[index];
              return (
                item && (
                  <li key={index} className="absolute inset-x-1 top-0" style={{ transform: `translateY(${start}px)`, height: ROW }}>
                    <button
                      type="button"
                      aria-current={index === current ? "location" : undefined}
                      onClick={() => onChoose(item)}
                      className={clsx(
                        "flex h-full w-full items-center rounded-md pr-2 text-left text-[0.8125rem] -outline-offset-2 hover:bg-hover",
                        indents[item.level],
                        index === current && "bg-accent-soft text-accent-strong!",
                      )}
                    >
                      <span dir="auto" className="truncate [unicode-bidi:isolate]">
                        {item.text}
                      </span>
                    </button>
                  </li>
                )
              );
            })}
          </ol>
        </div>
      )}
    </aside>
  );
}
