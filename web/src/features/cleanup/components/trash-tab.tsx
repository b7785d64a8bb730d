import { useQuery } from "@tanstack/react-query";
import { RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { ErrorMessage } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { StateMessage } from "@/components/ui/state-message";
import { formatBytes } from "@/lib/bytes";
import { messageOf } from "@/lib/errors";
import { formatCount, formatInteger } from "@/lib/format";
import { toasts } from "@/lib/toasts";
import { type TrashRecord } from "@/types/collections";

import { ENTRIES_A_PAGE, trashQuery, trashSummaryQuery, type TrashSelection, useTrashWork } from "../api/trash";
import { daysInWords } from "../conditions";

import { ActionDialog } from "./action-dialog";
import { PageTurner } from "./page-turner";
import { TrashRow } from "./trash-row";

interface TrashTabProps {
  page: number;
  onPage: (page: number) => void;
}

export function TrashTab({ page, onPage }: TrashTabProps) {
  const entries = useQuery(trashQuery(page));
  const summary = useQuery(trashSummaryQuery);
  if (entries.error && !entries.data) {
    return <ErrorMessage title="The trash did not load" error={entries.error} onRetry={() => void entries.refetch()} />;
  }
  if (!entries.data) return <Skeleton className="h-80" />;
  const days = summary.data?.days;
  if (entries.data.totalItems === 0) {
    return (
      <StateMessage icon={Trash2} title="The trash is empty">
        {days === 0
          ? "This server keeps no trash: what is deleted is gone at once."
          : `Sessions that are deleted stay here for ${days === undefined ? "a while" : daysInWords(days)} and can be restored.`}
      </StateMessage>
    );
  }
  return (
    <Entries
      // Ticks belong to the page on which they were made.
      key={page}
      entries={entries.data.items}
      total={entries.data.totalItems}
      bytes={summary.data?.bytes}
      days={days}
      page={page}
      onPage={onPage}
    />
  );
}

interface EntriesProps extends TrashTabProps {
  entries: TrashRecord[];
  total: number;
  bytes: number | undefined;
  days: number | undefined;
}

function Entries({ entries, total, bytes, days, page, onPage }: EntriesProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const ids = entries.map(({ id }) => id).filter((id) => chosen.has(id));
  const toggle = (id: string, isOn: boolean) => setChosen(new Set(isOn ? [...ids, id] : ids.filter((other) => other !== id)));
  const isAll = ids.length === entries.length;
  return (
    <section aria-label="Trash" className="card overflow-hidden">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2.5">
        <Checkbox
          label="Choose all on this page"
          isLabelHidden
          checked={isAll ? true : ids.length > 0 ? "indeterminate" : false}
          onChange={() => setChosen(new Set(isAll ? [] : entries.map(({ id }) => id)))}
        />
        <p role="status" className="nums min-w-40 flex-1 text-[0.8125rem]">
          {ids.length > 0 ? `${formatInteger(ids.length)} chosen` : formatCount(total, "session")}
          {ids.length === 0 && bytes !== undefined && <span className="text-muted"> · {formatBytes(bytes)}</span>}
        </p>
        <Actions ids={ids} total={total} onDone={() => setChosen(new Set())} />
      </div>
      <ul className="divide-y divide-line/60">
        {entries.map((entry) => (
          <TrashRow key={entry.id} entry={entry} days={days} isChosen={chosen.has(entry.id)} onChoose={(isOn) => toggle(entry.id, isOn)} />
        ))}
      </ul>
      <PageTurner label="Pages of the trash" page={page} pages={Math.ceil(total / ENTRIES_A_PAGE)} onPage={onPage} />
    </section>
  );
}

function Actions({ ids, total, onDone }: { ids: string[]; total: number; onDone: () => void }) {
  const restore = useTrashWork("restore");
  const remove = useTrashWork("delete");
  const isSome = ids.length > 0;
  const selection: TrashSelection = isSome ? { ids } : { all: true };
  const count = formatCount(isSome ? ids.length : total, "session");
  return (
    <div className="flex flex-wrap gap-2">
      <Button
        title="As they were, but private. What an agent has sent anew meanwhile stays as it is."
        disabled={restore.isPending}
        aria-busy={restore.isPending}
        onClick={() =>
          restore.mutate(selection, {
            onSuccess: () => {
              toasts.show(`${count} will be restored. It goes on when you leave this page.`);
              onDone();
            },
            onError: (error) => toasts.show(`Nothing was restored. ${messageOf(error)}`, { tone: "danger" }),
          })
        }
      >
        <RotateCcw aria-hidden /> {isSome ? "Restore" : "Restore all"}
      </Button>
      <ActionDialog
        trigger={
          <Button variant="danger">
            <Trash2 aria-hidden /> {isSome ? "Delete for good" : "Empty trash"}
          </Button>
        }
        title={`Delete ${count} for good?`}
        confirmLabel={`Delete ${count}`}
        mutation={remove}
        variables={selection}
        onDone={onDone}
      >
        <p>Their messages and everything else that was kept of them go. This cannot be undone.</p>
      </ActionDialog>
    </div>
  );
}
