import { Link, useLocation, useRouter } from "@tanstack/react-router";
import { ChevronLeft, FolderGit2, GitBranch } from "lucide-react";
import { type MouseEvent, type ReactNode } from "react";

import { SourceBadge } from "@/components/ui/source-badge";
import { type Session } from "@/hooks/use-session";
import { formatCompact, formatCost, formatDateTime, formatDuration, formatInteger } from "@/lib/format";
import { plainText } from "@/lib/text";

import { SessionActions } from "./session-actions";
import { SessionTitle } from "./session-title";

export function SessionHeader({ session }: { session: Session }) {
  const project = plainText(session.projectPath || session.projectName);
  return (
    <header className="border-b border-line bg-surface px-4 py-3 md:px-8">
      <div className="flex items-center justify-between gap-3">
        <BackToList />
        <SessionActions session={session} />
      </div>
      <SessionTitle session={session} />
      <div className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
        <SourceBadge source={session.source} />
        {session.model && <span className="max-w-64 truncate">{plainText(session.model)}</span>}
        {project !== "" && (
          <Fact icon={<FolderGit2 aria-hidden className="size-3.5 shrink-0" />} label="Project" text={project} />
        )}
        {session.gitBranch && <Fact icon={<GitBranch aria-hidden className="size-3.5 shrink-0" />} label="Branch" text={plainText(session.gitBranch)} />}
        <span title={`Begun ${formatDateTime(session.createdAt)}`}>{formatDateTime(session.updatedAt)}</span>
      </div>
      <Figures session={session} />
    </header>
  );
}

/** To the list as it was left, where it was left for this; else to the list from its beginning. */
function BackToList() {
  const router = useRouter();
  const isFromList = useLocation({ select: ({ state }) => state.isFromList });
  const onClick = (event: MouseEvent) => {
    if (!isFromList || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    router.history.back();
  };
  return (
    <Link to="/sessions" onClick={onClick} className="-ml-1 inline-flex items-center gap-0.5 text-xs font-medium text-muted hover:text-ink">
      <ChevronLeft aria-hidden className="size-3.5" /> Sessions
    </Link>
  );
}

function Fact({ icon, label, text }: { icon: ReactNode; label: string; text: string }) {
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-1 font-mono" title={text}>
      {icon}
      <span className="sr-only">{label}: </span>
      <span className="truncate [unicode-bidi:isolate]">{text}</span>
    </span>
  );
}

function Figures({ session }: { session: Session }) {
  const cached = session.cacheReadTokens + session.cacheWriteTokens;
  const tokens = [
    `${formatInteger(session.promptTokens)} in`,
    `${formatInteger(session.completionTokens)} out`,
    cached > 0 && `${formatInteger(cached)} from or to the cache`,
  ];
  const figures: [label: string, value: string, hint?: string][] = [
    [session.messageCount === 1 ? "message" : "messages", formatInteger(session.messageCount)],
    ["tokens", formatCompact(session.totalTokens), tokens.filter(Boolean).join(", ")],
    ["cost", formatCost(session.cost)],
  ];
  if (session.durationMs > 0) figures.push(["duration", formatDuration(session.durationMs)]);
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
