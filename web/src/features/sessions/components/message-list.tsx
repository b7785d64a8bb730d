import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, MessageSquareDashed } from "lucide-react";
import { useEffect, useRef } from "react";

import { FoldsProvider } from "@/components/transcript/folds";
import { MessageCard } from "@/components/transcript/message-card";
import { Button } from "@/components/ui/button";
import { StateMessage } from "@/components/ui/state-message";
import { type Message } from "@/types/api";

const ESTIMATED_HEIGHT = 140;
const NEAR_END = 120;

export function MessageList({ messages }: { messages: Message[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(false);
  const virtualizer = useVirtualizer({
    count: messages.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATED_HEIGHT,
    getItemKey: (index) => messages[index]?.id ?? index,
    overscan: 4,
  });

  // Who reads along at the end keeps reading along; who reads elsewhere is left in peace.
  const last = messages.length - 1;
  useEffect(() => {
    if (isAtEnd.current && last >= 0) virtualizer.scrollToIndex(last, { align: "end" });
  }, [last, virtualizer]);

  const onScroll = () => {
    const element = scroller.current;
    if (element) isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
  };

  if (messages.length === 0) {
    return (
      <StateMessage icon={MessageSquareDashed} title="No messages yet">
        They appear here as the agent sends them.
      </StateMessage>
    );
  }
  return (
    <div className="relative min-h-0 flex-1">
      {/* A scroll area without controls inside must itself be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={scroller} onScroll={onScroll} tabIndex={0} role="region" aria-label="Messages" className="h-full overflow-y-auto px-4 -outline-offset-2 md:px-8">
        <FoldsProvider>
          <ol className="relative mx-auto max-w-4xl" style={{ height: virtualizer.getTotalSize() + 48 }}>
            {virtualizer.getVirtualItems().map((item) => {
              const message = messages[item.index];
              return (
                message && (
                  <li
                    key={item.key}
                    ref={virtualizer.measureElement}
                    data-index={item.index}
                    aria-setsize={messages.length}
                    aria-posinset={item.index + 1}
                    className="absolute inset-x-0 top-0"
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    <MessageCard message={message} />
                  </li>
                )
              );
            })}
          </ol>
        </FoldsProvider>
      </div>
      {messages.length > 5 && (
        <div className="absolute right-4 bottom-4 flex flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-md md:right-6">
          <Button variant="ghost" isIcon aria-label="To the first message" onClick={() => virtualizer.scrollToIndex(0)}>
            <ArrowUp aria-hidden />
          </Button>
          <Button variant="ghost" isIcon aria-label="To the last message" onClick={() => virtualizer.scrollToIndex(last, { align: "end" })}>
            <ArrowDown aria-hidden />
          </Button>
        </div>
      )}
    </div>
  );
}
