import { useNavigate } from "@tanstack/react-router";
import clsx from "clsx";
import { Check, Copy, Download, Ellipsis, FlaskConical, Globe, LoaderCircle, Share2, Trash2 } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { useCopy } from "@/hooks/use-copy";
import { type Session } from "@/hooks/use-session";
import { downloads } from "@/lib/downloads";
import { exportPath } from "@/lib/export-path";
import { formatInteger } from "@/lib/format";
import { saveFile } from "@/lib/save-file";
import { exportName, sessionMarkdown } from "@/lib/session-markdown";
import { sessionTitle } from "@/lib/text";

import { useDeleteSession } from "../api/delete-session";
import { type MaskedSession, useReadMasked } from "../api/read-masked";
import { useUpdateSession } from "../api/update-session";

import { ShareDialog } from "./share-dialog";

export function SessionActions({ session }: { session: Session }) {
  const [dialog, setDialog] = useState<"share" | "delete" | null>(null);
  const { state, copy } = useCopy();
  const update = useUpdateSession(session.id);

  const copying = useReadMasked(session);
  const saving = useReadMasked(session);

  const save = (ending: string, type: string, text: (read: MaskedSession) => string) =>
    saving.mutate(undefined, {
      onSuccess: (read) => saveFile(`${exportName(read.session.title, Date.now())}.${ending}`, new Blob([text(read)], { type })),
    });
  const CopyIcon = copying.isPending ? LoaderCircle : state === "copied" ? Check : Copy;
  const MoreIcon = saving.isPending ? LoaderCircle : Ellipsis;
  const EvalIcon = session.evalReady ? Check : FlaskConical;

  return (
    <div className="flex items-center gap-1.5">
      <Button
        onClick={() => void copy(copying.mutateAsync().then(markdown))}
        disabled={copying.isPending}
        aria-busy={copying.isPending}
        title="Copy as Markdown"
        aria-label="Copy as Markdown"
      >
        <CopyIcon aria-hidden className={clsx(copying.isPending && "animate-spin")} />
        <span className="max-sm:sr-only">{{ idle: "Copy", copied: "Copied", failed: "Not copied" }[state]}</span>
      </Button>
      <Button onClick={() => setDialog("share")} aria-label={session.isPublic ? "Public: share settings" : "Share"}>
        {session.isPublic ? <Globe aria-hidden className="text-accent" /> : <Share2 aria-hidden />}
        <span className="max-sm:sr-only">{session.isPublic ? "Public" : "Share"}</span>
      </Button>
      <Button
        onClick={() => update.mutate({ evalReady: !session.evalReady })}
        disabled={update.isPending}
        aria-label={session.evalReady ? "In evals: remove from evals" : "Add to evals"}
        title={session.evalReady ? "Remove from evals" : "Add to evals"}
      >
        <EvalIcon aria-hidden className={session.evalReady ? "text-accent" : undefined} />
        <span className="max-md:sr-only">{session.evalReady ? "In evals" : "Evals"}</span>
      </Button>
      <Menu
        trigger={
          <Button isIcon variant="ghost" aria-label="More actions" aria-busy={saving.isPending}>
            <MoreIcon aria-hidden className={clsx(saving.isPending && "animate-spin")} />
          </Button>
        }
      >
        <MenuItem icon={Download} disabled={saving.isPending} onSelect={() => save("md", "text/markdown", markdown)}>
          Download Markdown
        </MenuItem>
        <MenuItem icon={Download} disabled={saving.isPending} onSelect={() => save("json", "application/json", (read) => JSON.stringify(read, null, 2))}>
          Download JSON
        </MenuItem>
        <MenuItem icon={Download} onSelect={() => void downloads.start(exportPath("/api/export", { ids: [session.id] }, { format: "html" }))}>
          Download page (HTML)
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={Trash2} isDanger onSelect={() => setDialog("delete")}>
          Delete…
        </MenuItem>
      </Menu>
      <ShareDialog key={String(session.isPublic)} session={session} isOpen={dialog === "share"} onOpenChange={(isOpen) => setDialog(isOpen ? "share" : null)} />
      <DeleteDialog session={session} isOpen={dialog === "delete"} onOpenChange={(isOpen) => setDialog(isOpen ? "delete" : null)} />
    </div>
  );
}

function markdown({ session, messages }: MaskedSession): string {
  return sessionMarkdown(session, messages);
}

interface DeleteDialogProps {
  session: Session;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

function DeleteDialog({ session, isOpen, onOpenChange }: DeleteDialogProps) {
  const remove = useDeleteSession(session.id);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title="Delete this session?"
      confirmLabel="Delete"
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => void navigate({ to: "/sessions" }) })}
      isPending={remove.isPending}
      error={remove.error}
    >
      <p className="wrap-anywhere">
        “{sessionTitle(session.title)}” with all its messages ({formatInteger(session.messageCount)}) goes to the trash, from where it can be
        restored for a while. If its agent syncs it again, it comes back as far as the agent still has it.
      </p>
    </ConfirmDialog>
  );
}
