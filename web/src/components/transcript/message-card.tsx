import clsx from "clsx";
import { Bot, CircleHelp, type LucideIcon, ServerCog, User, Wrench } from "lucide-react";
import { memo, useMemo } from "react";

import { Reader } from "@/lib/conversation";
import { formatCompact, formatDateTime, formatDuration, formatInteger, formatTime } from "@/lib/format";
import { firstLine, plainText } from "@/lib/text";
import { type Block, type TranscriptMessage } from "@/lib/transcript";

import { BlockView } from "./block-view";
import { Fold } from "./fold";

const roles = new Map<string, { label: string; icon: LucideIcon }>([
  ["user", { label: "User", icon: User }],
  ["assistant", { label: "Assistant", icon: Bot }],
  ["system", { label: "System", icon: ServerCog }],
  ["tool", { label: "Tool", icon: Wrench }],
]);

interface MessageCardProps {
  message: TranscriptMessage;
  /** Its blocks as the conversation pairs them; by default as it stands alone. */
  blocks?: readonly Block[];
  /** It goes on with what the same speaker said just before. */
  isContinued?: boolean;
  /** It is the first of a day, so the time alone would not do. */
  isFirstOfDay?: boolean;
}

export const MessageCard = memo(function MessageCard({ message, blocks, isContinued = false, isFirstOfDay = false }: MessageCardProps) {
  const shown = useMemo(() => blocks ?? new Reader().read([message]).entries[0]?.blocks ?? [], [blocks, message]);
  const { label, icon: Icon } = roles.get(message.role) ?? { label: "Message", icon: CircleHelp };
  const isUser = message.role === "user";

  return (
    <div className={clsx("grid grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3 max-sm:grid-cols-1", isContinued ? "pt-2" : "pt-5")}>
      <span
        aria-hidden
        className={clsx(
          "grid size-7 place-items-center rounded-lg max-sm:hidden",
          isContinued ? "invisible" : isUser ? "bg-accent-soft text-accent-strong" : "bg-hover text-muted",
        )}
      >
        <Icon className="size-4" />
      </span>
      <div className="min-w-0">
        {isContinued && !saysFigures(message) ? (
          <p className="sr-only">
            {label} {message.createdAt > 0 && formatTime(message.createdAt)}
          </p>
        ) : (
          <p className={clsx("flex flex-wrap items-center gap-x-3 text-xs text-muted", isContinued ? "min-h-6" : "min-h-7")}>
            <span className={isContinued ? "sr-only" : "text-[0.8125rem] font-semibold text-ink"}>{label}</span>
            <MessageFacts message={message} hasDate={isFirstOfDay} />
          </p>
        )}
        {message.role === "system" && shown.length > 0 ? (
          <Fold id={`${message.id}:system`} icon={ServerCog} label="Instructions" summary={summaryOf(shown)}>
            <div className="grid grid-cols-[minmax(0,1fr)] gap-2 px-3 py-2.5 text-[0.8125rem]">
              <Blocks messageId={message.id} blocks={shown} />
            </div>
          </Fold>
        ) : (
          <div className={clsx("grid grid-cols-[minmax(0,1fr)] gap-2", isUser && "rounded-xl rounded-tl-sm border border-line bg-surface px-3.5 py-2.5")}>
            <Blocks messageId={message.id} blocks={shown} />
            {shown.length === 0 && <p className="text-[0.8125rem] text-muted italic">Nothing was recorded for this message.</p>}
          </div>
        )}
      </div>
    </div>
  );
});

function Blocks({ messageId, blocks }: { messageId: string; blocks: readonly Block[] }) {
  return blocks.map((block, index) => {
    const id = blockId(messageId, index);
    return (
      <div key={index} data-block={id} className="min-w-0">
        <BlockView id={id} block={block} />
      </div>
    );
  });
}

export function blockId(messageId: string, index: number): string {
  return `${messageId}:${index}`;
}

function summaryOf(blocks: readonly Block[]): string {
  const [first] = blocks;
  return first?.kind === "text" ? firstLine(first.text) : "";
}

function saysFigures({ promptTokens, completionTokens, model }: TranscriptMessage): boolean {
  return (promptTokens ?? 0) + (completionTokens ?? 0) > 0 || Boolean(model);
}

function MessageFacts({ message, hasDate }: { message: TranscriptMessage; hasDate: boolean }) {
  const input = message.promptTokens ?? 0;
  const output = message.completionTokens ?? 0;
  const durationMs = message.durationMs ?? 0;
  return (
    <span className="nums flex min-w-0 flex-wrap gap-x-3">
      {message.createdAt > 0 && (
        <span title={formatDateTime(message.createdAt)}>{(hasDate ? formatDateTime : formatTime)(message.createdAt)}</span>
      )}
      {message.model && <span className="max-w-48 truncate max-sm:hidden">{plainText(message.model)}</span>}
      {input + output > 0 && <span title={`${formatInteger(input)} in, ${formatInteger(output)} out`}>{formatCompact(input + output)} tokens</span>}
      {durationMs > 0 && <span>{formatDuration(durationMs)}</span>}
    </span>
  );
}
