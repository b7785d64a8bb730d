import * as RadixDialog from "@radix-ui/react-dialog";
import clsx from "clsx";
import { X } from "lucide-react";
import { type ReactNode } from "react";

import { useReturnFocus } from "@/hooks/use-return-focus";

import { buttonClass } from "./button";
import { dialogClass, overlayClass } from "./dialog-styles";

const sizes = { md: "", lg: "md:w-[min(44rem,calc(100vw-2rem))]", xl: "md:w-[min(64rem,calc(100vw-2rem))]" };

interface DialogProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  description?: ReactNode;
  /** The button that opens it, where there is one: focus returns to it. */
  trigger?: ReactNode;
  children?: ReactNode;
  /** The buttons at the end; `DialogClose` is one that only closes. */
  footer?: ReactNode;
  size?: keyof typeof sizes;
}

/** A window above the page. For a question with consequences, see `ConfirmDialog`. */
export function Dialog({ isOpen, onOpenChange, title, description, trigger, children, footer, size = "md" }: DialogProps) {
  const returnFocus = useReturnFocus();
  return (
    <RadixDialog.Root open={isOpen} onOpenChange={onOpenChange}>
      {trigger !== undefined && <RadixDialog.Trigger asChild>{trigger}</RadixDialog.Trigger>}
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={overlayClass} />
        <RadixDialog.Content {...returnFocus} className={clsx(dialogClass, sizes[size])} {...(description === undefined && { "aria-describedby": undefined })}>
          <div className="pr-8">
            <RadixDialog.Title className="text-base font-semibold">{title}</RadixDialog.Title>
            {description !== undefined && (
              <RadixDialog.Description asChild>
                <div className="mt-1 text-muted">{description}</div>
              </RadixDialog.Description>
            )}
          </div>
          {children}
          {footer !== undefined && <div className="mt-2 flex flex-wrap justify-end gap-2">{footer}</div>}
          {/* Last, so that the focus goes to what the dialog is about. */}
          <RadixDialog.Close className={clsx(buttonClass("ghost", true), "absolute top-3.5 right-3")} aria-label="Close">
            <X aria-hidden />
          </RadixDialog.Close>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

export function DialogClose({ children = "Cancel" }: { children?: ReactNode }) {
  return <RadixDialog.Close className={buttonClass("secondary")}>{children}</RadixDialog.Close>;
}
