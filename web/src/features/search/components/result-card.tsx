import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { ArrowUpRight } from "lucide-react";

import { SourceBadge } from "@/components/ui/source-badge";
import { formatCompact, formatCost, formatDateTime, formatInteger, formatRelative } from "@/lib/format";
import { sessionTitle } from "@/lib/text";

import { type SearchResult } from "../api/search";

import { Snippet } from "./snippet";

interface ResultCardProps {
  result: SearchResult;
  now: number;
  isSelected: boolean;
  onSelect: () => void;
}

const MATCHED_IN: Record<string, string> = {
  title: "in the title",
  project: "in the project",
  tools: "in a tool call",
  meaning: "by meaning",
};

export function ResultCard({ result, now, isSelected, onSelect }: ResultCardProps) {
  const title = sessionTitle(result.title);
  const where = MATCHED_IN[result.matchedIn];
  return (
    <article
      aria-current={isSelected || undefined}
      className={clsx("card relative grid gap-1.5 px-4 py-3 transition-colors hover:border-line-strong", isSelected && "border-accent bg-accent-soft/40")}
    >
      <div className="flex items-start gap-3">
        <h2 className="min-w-0 flex-1 text-sm leading-snug font-medium">
          {/* The whole card is the button; the link to the session stands above it. */}
          <button type="button" onClick={onSelect} aria-pressed={isSelected} className="text-left break-words after:absolute after:inset-0 after:rounded-xl">
            <span dir="auto">{title}</span>
          </button>
        </h2>
        <Link
          to="/sessions/$id"
          params={{ id: result.sessionId }}
          search={{ m: result.messageId ?? undefined }}
          aria-label={`Open ${title}`}
          title="Open the session here"
          className="relative z-10 -m-1 grid size-7 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink"
        >
          <ArrowUpRight aria-hidden className="size-4" />
        </Link>
      </div>
      <Snippet text={result.snippet} matches={result.matches} />
      <p className="nums flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
        <SourceBadge source={result.source} />
        {result.projectName && <span className="max-w-40 truncate">{result.projectName}</span>}
        {result.model && <span className="max-w-40 truncate max-sm:hidden">{result.model}</span>}
        <time dateTime={new Date(result.updatedAt).toISOString()} title={formatDateTime(result.updatedAt)}>
          {formatRelative(result.updatedAt, now)}
        </time>
        <span className="max-sm:hidden">
          {formatInteger(result.messageCount)} {result.messageCount === 1 ? "message" : "messages"}
        </span>
        {result.totalTokens > 0 && <span className="max-sm:hidden">{formatCompact(result.totalTokens)} tokens</span>}
        {result.cost > 0 && <span className="max-sm:hidden">{formatCost(result.cost)}</span>}
        {where && <span className="rounded bg-hover px-1.5 py-0.5 text-2xs">{where}</span>}
      </p>
    </article>
  );
}
