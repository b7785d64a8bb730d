import { FlaskConical, Tags, Trash2, X } from "lucide-react";
import { useState } from "react";

import { TagsDialog } from "@/components/tags-dialog";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { messageOf } from "@/lib/errors";
import { formatCount, formatInteger } from "@/lib/format";
import { EVAL_STATUSES, type SessionFilter } from "@/lib/session-filter";
import { toasts } from "@/lib/toasts";

import { useDeleteSessions } from "../api/delete-sessions";
import { type SessionChange, useUpdateSessions } from "../api/update-sessions";
import { EVAL_STATUS_LABELS } from "../filter-pills";
import { bodiesOf, downloadOf, EVERYTHING, NOTHING, type Selection, sizeOf } from "../selection";

import { ExportMenu } from "./export-menu";

interface SelectionBarProps {
  selection: Selection;
  onSelect: (selection: Selection) => void;
  filter: SessionFilter;
  total: number;
}

/** What can be done to the sessions that are ticked. */
export function SelectionBar({ selection, onSelect, filter, total }: SelectionBarProps) {
  const size = sizeOf(selection, total);
  const update = useUpdateSessions();
  const change = (set: SessionChange) =>
    update.mutate(
      { bodies: bodiesOf(selection, filter), set },
      {
        onSuccess: (updated) => toasts.show(`${formatCount(updated, "session")} changed.`),
        onError: (error) => toasts.show(`The sessions were not all changed. ${messageOf(error)}`, { tone: "danger" }),
      },
    );
  return (
    <div
      role="toolbar"
      aria-label="Selected sessions"
      aria-busy={update.isPending}
      className="flex flex-wrap items-center gap-x-2 gap-y-1.5 rounded-xl border border-accent/40 bg-accent-soft py-1.5 pr-1.5 pl-3 text-[0.8125rem]"
    >
      <p role="status" className="nums font-medium">
        {formatInteger(size)} selected
      </p>
      {selection.kind === "ids" && size < total && (
        <button type="button" className="px-1 font-medium text-accent-strong underline-offset-2 hover:underline" onClick={() => onSelect(EVERYTHING)}>
          Select all {formatInteger(total)} that match
        </button>
      )}
      <div className="ml-auto flex flex-wrap items-center gap-1.5">
        <EvalMenu onChange={change} isDisabled={update.isPending} />
        <TagsDialog of={formatCount(size, "session")} onChange={change} isDisabled={update.isPending}>
          <Button disabled={update.isPending}>
            <Tags aria-hidden /> <span className="max-sm:sr-only">Tags</span>
          </Button>
        </TagsDialog>
        <ExportMenu label="Export" isCompact files={downloadOf(selection, filter)} />
        <DeleteButton selection={selection} filter={filter} size={size} onDeleted={() => onSelect(NOTHING)} />
        <Button variant="ghost" isIcon aria-label="Select nothing" title="Select nothing (Escape)" onClick={() => onSelect(NOTHING)}>
          <X aria-hidden />
        </Button>
      </div>
    </div>
  );
}

function EvalMenu({ onChange, isDisabled }: { onChange: (change: SessionChange) => void; isDisabled: boolean }) {
  return (
    <Menu
      trigger={
        <Button disabled={isDisabled}>
          <FlaskConical aria-hidden /> <span className="max-sm:sr-only">Evals</span>
        </Button>
      }
    >
      <MenuItem onSelect={() => onChange({ evalReady: true })}>Add to evals</MenuItem>
      <MenuItem onSelect={() => onChange({ evalReady: false })}>Remove from evals</MenuItem>
      <MenuSeparator />
      <MenuLabel>Verdict</MenuLabel>
      {EVAL_STATUSES.map((status) => (
        <MenuItem key={status} onSelect={() => onChange({ evalStatus: status })}>
          {EVAL_STATUS_LABELS[status]}
        </MenuItem>
      ))}
      <MenuItem onSelect={() => onChange({ evalStatus: null })}>No verdict</MenuItem>
    </Menu>
  );
}

interface DeleteButtonProps {
  selection: Selection;
  filter: SessionFilter;
  size: number;
  onDeleted: () => void;
}

function DeleteButton({ selection, filter, size, onDeleted }: DeleteButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  const remove = useDeleteSessions();
  const onConfirm = () =>
    remove.mutate(bodiesOf(selection, filter), {
      onSuccess: () => {
        setIsOpen(false);
        toasts.show(`${formatCount(size, "session")} will be deleted. It goes on when you leave this page.`);
        onDeleted();
      },
    });
  return (
    <ConfirmDialog
      trigger={
        <Button variant="danger">
          <Trash2 aria-hidden /> <span className="max-sm:sr-only">Delete</span>
        </Button>
      }
      title={`Delete ${formatCount(size, "session")}?`}
      confirmLabel={`Delete ${formatCount(size, "session")}`}
      isOpen={isOpen}
      onOpenChange={(open) => {
        remove.reset();
        setIsOpen(open);
      }}
      onConfirm={onConfirm}
      isPending={remove.isPending}
      error={remove.error}
    >
      {selection.kind === "all" && <p className="mb-2 font-medium text-ink">These are all sessions that match the filters, also those not in sight.</p>}
      <p>Their messages, tool calls, search entries and public links go with them. The sessions can be restored from the trash for a while, private; links do not come back. An agent that still has a session may sync it again.</p>
    </ConfirmDialog>
  );
}
