import * as AlertDialog from "@radix-ui/react-alert-dialog";
import { type ReactNode } from "react";

import { useReturnFocus } from "@/hooks/use-return-focus";

import { buttonClass } from "./button";
import { dialogClass, overlayClass } from "./dialog-styles";
import { InlineError } from "./error-message";

interface ConfirmDialogProps {
  /** The button that opens it, where it is not opened from elsewhere. */
  trigger?: ReactNode;
  title: string;
  children: ReactNode;
  confirmLabel: string;
  /** Most questions are asked before something goes. */
  tone?: "danger" | "primary";
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  /** The dialog stays open while this runs and when it fails; the caller closes it. */
  onConfirm: () => void;
  isPending: boolean;
  /** The question is not answered yet, for instance a name not typed. */
  isDisabled?: boolean;
  error: Error | null;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const returnFocus = useReturnFocus();
  return (
    <AlertDialog.Root open={props.isOpen} onOpenChange={props.onOpenChange}>
      {props.trigger !== undefined && <AlertDialog.Trigger asChild>{props.trigger}</AlertDialog.Trigger>}
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={overlayClass} />
        <AlertDialog.Content {...returnFocus} className={dialogClass}>
          <AlertDialog.Title className="text-base font-semibold">{props.title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="text-muted">{props.children}</div>
          </AlertDialog.Description>
          {props.error && <InlineError error={props.error} />}
          <div className="mt-2 flex justify-end gap-2">
            <AlertDialog.Cancel className={buttonClass("secondary")}>Cancel</AlertDialog.Cancel>
            <button type="button" className={buttonClass(props.tone ?? "danger")} onClick={props.onConfirm} disabled={props.isPending || props.isDisabled} aria-busy={props.isPending}>
              {props.confirmLabel}
            </button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
