import { type UseMutationResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { ConfirmDialog } from "@/components/ui/confirm-dialog";

interface ActionDialogProps<T> {
  /** The button that opens it; without one it is open until `onClose`. */
  trigger?: ReactNode;
  title: string;
  children: ReactNode;
  confirmLabel: string;
  tone?: "danger" | "primary";
  mutation: UseMutationResult<unknown, Error, T>;
  variables: T;
  onDone?: () => void;
  onClose?: () => void;
}

/** A question whose answer starts a mutation; it stays open while that runs and when it fails. */
export function ActionDialog<T>({ mutation, variables, onDone, onClose, trigger, ...props }: ActionDialogProps<T>) {
  const [isOpen, setIsOpen] = useState(trigger === undefined);
  const open = (next: boolean) => {
    setIsOpen(next);
    if (!next) onClose?.();
  };
  const onConfirm = () =>
    mutation.mutate(variables, {
      onSuccess: () => {
        open(false);
        onDone?.();
      },
    });
  return (
    <ConfirmDialog
      {...props}
      trigger={trigger}
      isOpen={isOpen}
      onOpenChange={(next) => {
        mutation.reset();
        open(next);
      }}
      onConfirm={onConfirm}
      isPending={mutation.isPending}
      error={mutation.error}
    />
  );
}
