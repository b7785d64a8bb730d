import clsx from "clsx";
import { ArrowDown, ArrowDownToLine, ArrowUpToLine, ChevronsDownUp, ChevronsUpDown, ListTree, MessageSquareDashed, Search } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";

import { Button } from "@/components/ui/button";
import { StateMessage } from "@/components/ui/state-message";
import { type Entry, Reader } from "@/lib/conversation";
import { formatDate, formatInteger } from "@/lib/format";
import { currentItem, type OutlineItem, outlineOf } from "@/lib/outline";
import { type TranscriptMessage } from "@/lib/transcript";

import { FindBar } from "./find-bar";
import { FoldsProvider, useFolds } from "./folds";
import { MessageCard } from "./message-card";
import { OutlinePanel } from "./outline-panel";
import { useFind } from "./use-find";
import { useList } from "./use-list";

interface TranscriptProps {
  /** In order. Those that stay the same must stay the same objects. */
  messages: readonly TranscriptMessage[];
  /** Whether these are all there are; until then more are being read. */
  isComplete: boolean;
  /** The message to open at; it is ringed. */
  targetId?: string;
  /** It is not alone on the page: the outline waits until it is asked for. */
  isBeside?: boolean;
  /** What is shown in place of messages where there are none. */
  empty?: ReactNode;
}

/** Messages of any number, with an outline and a search of their whole text. Needs nobody signed in. */
export function Transcript(props: TranscriptProps) {
  return (
    <FoldsProvider>
      <View {...props} />
    </FoldsProvider>
  );
}

function View({ messages, isComplete, targetId, isBeside = false, empty }: TranscriptProps) {
  const [reader] = useState(() => new Reader());
  const conversation = useMemo(() => reader.read(messages), [reader, messages]);
  const { entries, indexOf } = conversation;
  const { scroller, virtualizer, onScroll, goTo, goToEnd, first, unseen } = useList(conversation, isComplete, targetId);
  const find = useFind({ entries, scroller, first, scrollTo: (index) => goTo(index, "center") });
  const [isOutlined, setIsOutlined] = useState(() => !isBeside && isWide());
  const outline = useMemo(() => (isOutlined ? outlineOf(entries) : []), [isOutlined, entries]);
  const target = targetId === undefined ? undefined : (indexOf.get(targetId) ?? "missing");
  const last = entries.length - 1;

  const choose = (item: OutlineItem) => {
    goTo(item.entry, "start");
    if (isBeside || !isWide()) setIsOutlined(false);
  };

  if (messages.length === 0 && isComplete) {
    return (
      empty ?? (
        <StateMessage icon={MessageSquareDashed} title="No messages yet">
          They appear here as the agent sends them.
        </StateMessage>
      )
    );
  }
  return (
    <div className="@container relative flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="relative z-10 flex items-center gap-1 border-b border-line bg-canvas px-3 py-1 md:px-7">
          <p role="status" className="nums mr-auto truncate px-1 text-xs text-muted">
            {isComplete ? `${formatInteger(messages.length)} ${messages.length === 1 ? "message" : "messages"}` : `${formatInteger(messages.length)} messages read so far…`}
          </p>
          <Button variant="ghost" onClick={find.open} aria-expanded={find.isOpen} title="Find in this session (Ctrl+F)">
            <Search aria-hidden /> <span className="@max-xl:sr-only">Find</span>
          </Button>
          {last > 5 && (
            <>
              <Button variant="ghost" isIcon aria-label="To the first message" title="To the first message" onClick={() => goTo(0, "start")}>
                <ArrowUpToLine aria-hidden />
              </Button>
              <Button variant="ghost" isIcon aria-label="To the last message" title="To the last message" onClick={goToEnd}>
                <ArrowDownToLine aria-hidden />
              </Button>
            </>
          )}
          <DetailsButton />
          <Button variant="ghost" onClick={() => setIsOutlined(!isOutlined)} aria-expanded={isOutlined}>
            <ListTree aria-hidden /> <span className="@max-xl:sr-only">Outline</span>
          </Button>
          {find.isOpen && (
            <div className="absolute top-full right-3 left-3 mt-1 sm:left-auto md:right-7">
              <FindBar {...find.bar} />
            </div>
          )}
        </div>
        {isComplete && target === "missing" && (
          <p role="status" className="border-b border-line bg-warn-soft px-4 py-2 text-[0.8125rem] text-warn md:px-8">
            The message of this link is not in this session any more. You see the session from its start.
          </p>
        )}
        <div className="relative min-h-0 flex-1">
          {/* A scroll area without controls inside must itself be reachable by keyboard. */}
          <div
            ref={scroller}
            onScroll={onScroll}
            // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            tabIndex={0}
            role="region"
            aria-label="Messages"
            aria-busy={!isComplete}
            className="h-full overflow-y-auto px-4 -outline-offset-2 [overflow-anchor:none] md:px-8"
          >
            <ol className="relative mx-auto max-w-4xl" style={{ height: virtualizer.getTotalSize() + 56 }}>
              {virtualizer.getVirtualItems().map((item) => {
                const entry = entries[item.index];
                return (
                  entry && (
                    <li
                      key={item.key}
                      ref={virtualizer.measureElement}
                      data-index={item.index}
                      aria-setsize={isComplete ? entries.length : -1}
                      aria-posinset={item.index + 1}
                      className="absolute inset-x-0 top-0"
                      style={{ transform: `translateY(${item.start}px)` }}
                    >
                      <div className={clsx(item.index === target && "-mx-3 mt-3 rounded-xl px-3 pb-3 ring-2 ring-accent *:pt-2")}>
                        <MessageCard message={entry.message} blocks={entry.blocks} {...relationTo(entries[item.index - 1], entry)} />
                      </div>
                    </li>
                  )
                );
              })}
            </ol>
          </div>
          <div aria-live="polite" className="pointer-events-none absolute inset-x-0 bottom-4 grid justify-items-center">
            {unseen > 0 && (
              <button
                type="button"
                onClick={goToEnd}
                className="nums appear pointer-events-auto flex h-8 items-center gap-1.5 rounded-full bg-accent px-3.5 text-[0.8125rem] font-medium text-on-accent shadow-lg hover:bg-accent-strong"
              >
                <ArrowDown aria-hidden className="size-4" /> {unseen === 1 ? "1 new message" : `${formatInteger(unseen)} new messages`}
              </button>
            )}
          </div>
        </div>
      </div>
      {isOutlined && (
        <OutlinePanel items={outline} current={currentItem(outline, first)} onChoose={choose} onClose={() => setIsOutlined(false)} />
      )}
    </div>
  );
}

function DetailsButton() {
  const { all, setAll } = useFolds();
  const isOpen = all === true;
  const Icon = isOpen ? ChevronsDownUp : ChevronsUpDown;
  return (
    <Button variant="ghost" onClick={() => setAll(!isOpen)} aria-pressed={isOpen} title="Open or close all tool calls and thinking">
      <Icon aria-hidden /> <span className="@max-xl:sr-only">Details</span>
    </Button>
  );
}

/** Agents send each call as a message of its own; together they are one turn. */
function relationTo(before: Entry | undefined, { message }: Entry) {
  const isFirstOfDay = before === undefined || dayOf(before.message) !== dayOf(message);
  const isContinued = !isFirstOfDay && before.message.role === message.role && message.role !== "user" && message.role !== "system";
  return { isContinued, isFirstOfDay };
}

function dayOf({ createdAt }: TranscriptMessage): string {
  return createdAt > 0 ? formatDate(createdAt) : "";
}

function isWide(): boolean {
  return window.matchMedia("(min-width: 80rem)").matches;
}
