import * as RadixPopover from "@radix-ui/react-popover";
import clsx from "clsx";
import { type ReactNode } from "react";

import { popoverClass } from "./dialog-styles";

interface PopoverProps {
  /** The button that opens it. */
  trigger: ReactNode;
  /** What the panel is, for those who do not see it. */
  label: string;
  children: ReactNode;
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
  align?: "start" | "center" | "end";
  className?: string;
}

export function Popover({ trigger, label, children, isOpen, onOpenChange, align = "start", className }: PopoverProps) {
  return (
    <RadixPopover.Root open={isOpen} onOpenChange={onOpenChange}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content aria-label={label} className={clsx(popoverClass, className)} align={align} sideOffset={6} collisionPadding={8}>
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
