import * as AlertDialog from "@radix-ui/react-alert-dialog";

import { buttonClass } from "@/components/ui/button";
import { CodeLine } from "@/components/ui/code-line";
import { dialogClass, overlayClass } from "@/components/ui/dialog-styles";
import { claudeCodeLine } from "@/lib/plugins";
import { type CreatedKey } from "@/types/api";

/** An alert, not a plain dialog: a stray click outside must not lose a key that is shown once. */
export function CreatedKeyDialog({ created, onClose }: { created: CreatedKey | null; onClose: () => void }) {
  return (
    <AlertDialog.Root open={created !== null} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={overlayClass} />
        <AlertDialog.Content className={dialogClass}>
          <AlertDialog.Title className="text-base font-semibold">Your new key</AlertDialog.Title>
          <AlertDialog.Description className="text-muted">
            Copy it now. It is shown once; the server keeps only a fingerprint of it.
          </AlertDialog.Description>
          {created && (
            <>
              <CodeLine code={created.key} label="the key" />
              <p className="mt-2 text-[0.8125rem] text-muted">Or the whole line for Claude Code:</p>
              <CodeLine code={claudeCodeLine(created.key)} label="the set-up line" />
            </>
          )}
          <AlertDialog.Action className={`${buttonClass("primary")} mt-2 self-end`}>I have copied it</AlertDialog.Action>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
