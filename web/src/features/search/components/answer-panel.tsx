import { Link } from "@tanstack/react-router";
import { Sparkles, X } from "lucide-react";

import { FoldsProvider } from "@/components/transcript/folds";
import { RichText } from "@/components/transcript/rich-text";
import { Button } from "@/components/ui/button";
import { InlineError } from "@/components/ui/error-message";
import { SourceBadge } from "@/components/ui/source-badge";
import { Spinner } from "@/components/ui/spinner";
import { ApiError } from "@/lib/errors";
import { formatDate } from "@/lib/format";
import { sessionTitle } from "@/lib/text";

import { type Answer } from "../use-ask";

import { Notice } from "./notice";

/** The server has no chat model: nothing went wrong, somebody has to choose one. */
const NOT_SET_UP = 501;

interface AnswerPanelProps {
  answer: Answer;
  onClose: () => void;
}

/** A chat model's answer, and the messages that it rests on. */
export function AnswerPanel({ answer, onClose }: AnswerPanelProps) {
  const cited = answer.isRunning ? answer.sources : answer.sources.filter(({ n }) => answer.citations.includes(n));
  const isSetUp = !(answer.error instanceof ApiError && answer.error.status === NOT_SET_UP);
  return (
    <section aria-label="Answer" aria-busy={answer.isRunning} className="card grid max-h-[55vh] grid-cols-[minmax(0,1fr)] gap-3 overflow-y-auto p-4">
      <header className="flex items-center gap-2 text-xs text-muted">
        <Sparkles aria-hidden className="size-4 text-accent" />
        <span className="flex-1">{isSetUp ? "Answered by a model from your sessions; follow the numbers to check it." : "Asking is not set up"}</span>
        <Button variant="ghost" isIcon aria-label={answer.isRunning ? "Stop the answer" : "Close the answer"} onClick={onClose}>
          <X aria-hidden />
        </Button>
      </header>
      {answer.text !== "" && (
        <FoldsProvider>
          <RichText id="answer" text={answer.text} />
        </FoldsProvider>
      )}
      {answer.isRunning && answer.text === "" && <Spinner label={answer.sources.length > 0 ? "The model is reading…" : "Looking for passages…"} />}
      {answer.error && (isSetUp ? <InlineError error={answer.error} /> : <Notice>{answer.error.message}</Notice>)}
      {cited.length > 0 && (
        <ol aria-label="Sources" className="grid gap-1 border-t border-line pt-3">
          {cited.map((source) => (
            <li key={source.n}>
              <Link
                to="/sessions/$id"
                params={{ id: source.sessionId }}
                search={{ m: source.messageId }}
                className="flex items-center gap-2.5 rounded-md px-1 py-1 text-[0.8125rem] hover:bg-hover"
              >
                <span className="nums shrink-0 font-mono text-xs text-accent-strong">[{source.n}]</span>
                <span dir="auto" className="min-w-0 flex-1 truncate">
                  {sessionTitle(source.title)}
                </span>
                <SourceBadge source={source.source} className="max-sm:hidden" />
                <span className="nums shrink-0 text-xs text-muted">{formatDate(source.createdAt)}</span>
              </Link>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
