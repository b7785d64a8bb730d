import { Badge } from "@/components/ui/badge";
import { Checkbox } from "@/components/ui/checkbox";
import { SourceBadge } from "@/components/ui/source-badge";
import { useNow } from "@/hooks/use-now";
import { formatBytes } from "@/lib/bytes";
import { formatDateTime, formatInteger, formatRelative } from "@/lib/format";
import { plainText } from "@/lib/text";
import { type TrashRecord } from "@/types/collections";

import { daysInWords } from "../conditions";

const DAY_MS = 86_400_000;

interface TrashRowProps {
  entry: TrashRecord;
  /** How long entries are kept, where that is known by now. */
  days: number | undefined;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
}

export function TrashRow({ entry, days, isChosen, onChoose }: TrashRowProps) {
  const now = useNow();
  const title = plainText(entry.title);
  return (
    <li className="flex items-center gap-4 px-4 py-2.5 hover:bg-hover">
      <Checkbox label={`Choose ${title || "untitled session"}`} isLabelHidden checked={isChosen} onChange={onChoose} />
      <div className="min-w-0 flex-1">
        <p className="truncate text-[0.8125rem] font-medium">
          <bdi className={title ? undefined : "text-muted"}>{title || "Untitled session"}</bdi>
        </p>
        <p className="nums flex min-w-0 flex-wrap items-center gap-x-2 text-xs text-muted">
          <SourceBadge source={entry.source} />
          <span>
            {formatInteger(entry.messageCount)} {entry.messageCount === 1 ? "message" : "messages"}
          </span>
          <span>{formatBytes(entry.bytes)}</span>
          {entry.reason !== "" && <span className="max-sm:w-full">{entry.reason}</span>}
          {entry.rule !== "" && <Badge className="min-w-0">Rule “{entry.rule}”</Badge>}
        </p>
      </div>
      <p className="nums self-start text-right text-xs whitespace-nowrap text-muted sm:self-center">
        <time title={formatDateTime(entry.deletedAt)}>{formatRelative(entry.deletedAt, now)}</time>
        {days !== undefined && <span className="block">{goesIn(entry.deletedAt + days * DAY_MS - now)}</span>}
      </p>
    </li>
  );
}

function goesIn(ms: number): string {
  const days = Math.ceil(ms / DAY_MS);
  return days <= 1 ? "gone within a day" : `gone in ${daysInWords(days)}`;
}
