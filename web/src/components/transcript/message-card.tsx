import clsx from "clsx";
import { Bot, CircleHelp, type LucideIcon, ServerCog, User, Wrench } from "lucide-react";
import { memo, useMemo } from "react";

import { formatCompact, formatDateTime, formatDuration, formatTime } from "@/lib/format";
import { blocksOf } from "@/lib/transcript";
import { type Message, type Role } from "@/types/api";

import { BlockView } from "./block-view";

const roles: Record<Role, { label: string; icon: LucideIcon }> = {
  user: { label: "You", icon: User },
  assistant: { label: "Assistant", icon: Bot },
  system: { label: "System", icon: ServerCog },
  tool: { label: "Tool", icon: Wrench },
  unknown: { label: "Message", icon: CircleHelp },
};

export const MessageCard = memo(function MessageCard({ message }: { message: Message }) {
  const blocks = useMemo(() => blocksOf(message), [message]);
  const { label, icon: Icon } = Object.hasOwn(roles, message.role) ? roles[message.role] : roles.unknown;
  const isUser = message.role === "user";

  return (
    <div className="grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3 pt-5">
      <span
        aria-hidden
        className={clsx("grid size-7 place-items-center rounded-lg", isUser ? "bg-accent-soft text-accent-strong" : "bg-hover text-muted")}
      >
        <Icon className="size-4" />
      </span>
      <div className="min-w-0">
        <p className="flex min-h-7 flex-wrap items-center gap-x-3 text-xs text-muted">
          <span className="text-[0.8125rem] font-semibold text-ink">{label}</span>
          <MessageFacts message={message} />
        </p>
        <div className={clsx("grid grid-cols-[minmax(0,1fr)] gap-2", isUser && "rounded-xl rounded-tl-sm border border-line bg-surface px-3.5 py-2.5")}>
          {blocks.map((block, index) => (
            <BlockView key={index} id={`${message.id}:${index}`} block={block} />
          ))}
          {blocks.length === 0 && <p className="text-[0.8125rem] text-muted italic">Nothing was recorded for this message.</p>}
        </div>
      </div>
    </div>
  );
});

function MessageFacts({ message }: { message: Message }) {
  const tokens = (message.promptTokens ?? 0) + (message.completionTokens ?? 0);
  return (
    <span className="nums flex flex-wrap gap-x-3">
      {message.createdAt > 0 && <span title={formatDateTime(message.createdAt)}>{formatTime(message.createdAt)}</span>}
      {message.model && <span className="max-w-48 truncate max-sm:hidden">{message.model}</span>}
      {tokens > 0 && <span>{formatCompact(tokens)} tokens</span>}
      {message.durationMs !== null && message.durationMs > 0 && <span>{formatDuration(message.durationMs)}</span>}
    </span>
  );
}
