import { Link } from "@tanstack/react-router";
import { ChevronLeft, Globe } from "lucide-react";

import { SourceBadge } from "@/components/ui/source-badge";
import { formatCompact, formatCost, formatDateTime, formatDuration, formatInteger } from "@/lib/format";
import { type SessionDetail } from "@/types/api";

export function SessionHeader({ session }: { session: SessionDetail }) {
  return (
    <header className="border-b border-line bg-surface px-4 py-3 md:px-8">
      <div className="mx-auto max-w-4xl">
        <Link to="/sessions" className="-ml-1 inline-flex items-center gap-0.5 text-xs font-medium text-muted hover:text-ink">
          <ChevronLeft aria-hidden className="size-3.5" /> Sessions
        </Link>
        <h1 dir="auto" className="mt-0.5 line-clamp-2 text-lg leading-snug font-semibold tracking-tight break-words">
          {session.title || "Untitled session"}
          {session.isPublic && <Globe role="img" aria-label="Public" className="ml-2 inline size-4 text-muted" />}
        </h1>
        <div className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
          <SourceBadge source={session.source} />
          {session.model && <span>{session.model}</span>}
          {(session.projectPath ?? session.projectName) && (
            <span className="max-w-full truncate font-mono" title={session.projectPath ?? undefined}>
              {session.projectPath || session.projectName}
            </span>
          )}
          <time dateTime={new Date(session.updatedAt).toISOString()}>{formatDateTime(session.updatedAt)}</time>
        </div>
        <Figures session={session} />
      </div>
    </header>
  );
}

function Figures({ session }: { session: SessionDetail }) {
  const figures: [label: string, value: string, hint?: string][] = [
    ["messages", formatInteger(session.messageCount)],
    [
      "tokens",
      formatCompact(session.totalTokens),
      `${formatInteger(session.promptTokens)} in, ${formatInteger(session.completionTokens)} out`,
    ],
    ["cost", formatCost(session.cost)],
  ];
  if (session.durationMs) figures.push(["duration", formatDuration(session.durationMs)]);
  return (
    <dl className="nums mt-2 flex flex-wrap gap-x-5 gap-y-1 text-[0.8125rem]">
      {figures.map(([label, value, hint]) => (
        <div key={label} className="flex flex-row-reverse items-baseline gap-1.5" title={hint}>
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
