import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { X } from "lucide-react";
import { useEffect, useEffectEvent, useRef } from "react";

import { FoldsProvider } from "@/components/transcript/folds";
import { MessageCard } from "@/components/transcript/message-card";
import { Button, buttonClass } from "@/components/ui/button";
import { ErrorMessage } from "@/components/ui/error-message";
import { SourceBadge } from "@/components/ui/source-badge";
import { Spinner } from "@/components/ui/spinner";
import { formatDateTime } from "@/lib/format";
import { sessionTitle } from "@/lib/text";

import { passageOptions } from "../api/get-passage";
import { type SearchResult } from "../api/search";

interface PreviewPanelProps {
  result: SearchResult;
  onClose: () => void;
}

/** The place in the session that a result points at, without leaving the results. */
export function PreviewPanel({ result, onClose }: PreviewPanelProps) {
  const messageId = result.messageId ?? undefined;
  const panel = useRef<HTMLElement>(null);

  const onEscape = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.defaultPrevented) onClose();
  });
  useEffect(() => {
    // Where it covers the results, the keyboard goes with it; beside them it stays there.
    const before = document.activeElement;
    const covers = !window.matchMedia("(min-width: 64rem)").matches;
    if (covers) panel.current?.focus();
    document.addEventListener("keydown", onEscape);
    return () => {
      document.removeEventListener("keydown", onEscape);
      if (covers && before instanceof HTMLElement) before.focus();
    };
  }, []);

  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label="Preview"
      className="flex min-h-0 flex-col border-line bg-surface max-lg:fixed max-lg:inset-0 max-lg:z-40 lg:w-[46%] lg:border-l"
    >
      <header className="flex items-start gap-2 border-b border-line px-4 py-3">
        <div className="min-w-0 flex-1">
          <h2 dir="auto" className="line-clamp-2 text-[0.9375rem] leading-snug font-semibold break-words">
            {sessionTitle(result.title)}
          </h2>
          <p className="mt-1 flex flex-wrap items-center gap-x-3 text-xs text-muted">
            <SourceBadge source={result.source} />
            <time dateTime={new Date(result.updatedAt).toISOString()}>{formatDateTime(result.updatedAt)}</time>
          </p>
        </div>
        <Link to="/sessions/$id" params={{ id: result.sessionId }} search={{ m: messageId }} className={buttonClass("primary")}>
          Open session
        </Link>
        <Button variant="ghost" isIcon aria-label="Close the preview" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </header>
      <Passage key={result.id} sessionId={result.sessionId} messageId={messageId} />
    </aside>
  );
}

function Passage({ sessionId, messageId }: { sessionId: string; messageId: string | undefined }) {
  const passage = useQuery(passageOptions(sessionId, messageId));
  const hit = useRef<HTMLLIElement>(null);
  const isLoaded = passage.data !== undefined;
  useEffect(() => {
    void hit.current?.scrollIntoView({ block: "center" });
  }, [isLoaded]);

  if (passage.error) {
    return <ErrorMessage title="The passage did not load" error={passage.error} onRetry={() => void passage.refetch()} />;
  }
  if (!passage.data) {
    return (
      <div className="grid flex-1 place-items-center">
        <Spinner label="Loading the passage…" />
      </div>
    );
  }
  return (
    // A scroll area without controls inside must itself be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div tabIndex={0} role="region" aria-label="Messages around the result" className="min-h-0 flex-1 overflow-y-auto px-4 pb-6 -outline-offset-2">
      <FoldsProvider>
        <ol>
          {passage.data.messages.map((message) => (
            <li
              key={message.id}
              ref={message.id === messageId ? hit : undefined}
              className={clsx(message.id === messageId && "my-3 rounded-xl px-3 pb-3 ring-2 ring-accent")}
            >
              <MessageCard message={message} />
            </li>
          ))}
        </ol>
      </FoldsProvider>
      {passage.data.messages.length === 0 && <p className="py-10 text-center text-muted">This session has no messages.</p>}
      {passage.data.hasMore && (
        <Link to="/sessions/$id" params={{ id: sessionId }} search={{ m: messageId }} className="mt-5 block text-center text-[0.8125rem] font-medium text-accent hover:underline">
          The session goes on: open it here
        </Link>
      )}
    </div>
  );
}
