import { Link } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { useRef } from "react";

import { Button, buttonClass } from "@/components/ui/button";
import { InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { useKeys } from "@/hooks/use-keys";
import { type EvalStatus } from "@/lib/session-filter";
import { sessionTitle } from "@/lib/text";

import { useReview, useSaveReview } from "../api/review";
import { VERDICT_KEYS } from "../verdicts";

import { ReviewForm } from "./review-form";
import { ReviewTranscript } from "./review-transcript";

interface ReviewPanelProps {
  id: string;
  knownTags: readonly string[];
  onStep: (by: 1 | -1) => void;
  onClose: () => void;
}

/** One session under review: what was said, and what is thought of it. */
export function ReviewPanel({ id, knownTags, onStep, onClose }: ReviewPanelProps) {
  const { stored, shown, error, refetch } = useReview(id);
  const save = useSaveReview(id);
  const tags = useRef<HTMLInputElement>(null);
  const expected = useRef<HTMLTextAreaElement>(null);
  const notes = useRef<HTMLTextAreaElement>(null);

  const setStatus = (status: EvalStatus | "") => save.mutate({ evalStatus: shown?.evalStatus === status ? "" : status });
  useKeys({
    ...Object.fromEntries(Object.entries(VERDICT_KEYS).map(([key, status]) => [key, () => setStatus(status)])),
    0: () => setStatus(""),
    n: () => onStep(1),
    j: () => onStep(1),
    p: () => onStep(-1),
    k: () => onStep(-1),
    t: () => tags.current?.focus(),
    e: () => expected.current?.focus(),
    o: () => notes.current?.focus(),
    Escape: onClose,
  });

  return (
    <section aria-label="Review" className="flex min-h-0 min-w-0 flex-col bg-canvas max-lg:fixed max-lg:inset-0 max-lg:z-40 lg:flex-1 lg:border-l lg:border-line">
      <header className="flex items-center gap-1 border-b border-line bg-surface px-3 py-2">
        <h2 dir="auto" className="min-w-0 flex-1 truncate px-1 text-sm font-semibold">
          {shown && sessionTitle(shown.title)}
        </h2>
        <Button variant="ghost" isIcon aria-label="Previous session (p)" onClick={() => onStep(-1)}>
          <ChevronLeft aria-hidden />
        </Button>
        <Button variant="ghost" isIcon aria-label="Next session (n)" onClick={() => onStep(1)}>
          <ChevronRight aria-hidden />
        </Button>
        <Link to="/sessions/$id" params={{ id }} className={buttonClass("secondary")}>
          Open
        </Link>
        <Button variant="ghost" isIcon aria-label="Close the review" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </header>
      <div className="flex min-h-0 flex-1 max-xl:flex-col-reverse">
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          <ReviewTranscript key={id} id={id} />
        </div>
        <div className="overflow-y-auto border-line bg-surface p-4 max-xl:max-h-[45%] max-xl:border-b xl:w-88 xl:border-l">
          {stored && shown ? (
            <ReviewForm key={id} stored={stored} shown={shown} save={save} knownTags={knownTags} fields={{ tags, expected, notes }} />
          ) : error ? (
            <InlineError error={error} onRetry={() => void refetch()} />
          ) : (
            <Skeleton className="h-64" />
          )}
        </div>
      </div>
    </section>
  );
}
