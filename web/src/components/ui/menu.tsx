import * as RadixMenu from "@radix-ui/react-dropdown-menu";
import clsx from "clsx";
import { Check, type LucideIcon } from "lucide-react";
import { type ReactNode } from "react";

import { menuClass, menuItemClass } from "./dialog-styles";

interface MenuProps {
  /** The button that opens it. */
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "center" | "end";
  side?: "top" | "right" | "bottom" | "left";
  className?: string;
}

export function Menu({ trigger, children, align = "end", side, className }: MenuProps) {
  return (
    <RadixMenu.Root modal={false}>
      <RadixMenu.Trigger asChild>{trigger}</RadixMenu.Trigger>
      <RadixMenu.Portal>
        <RadixMenu.Content
          className={clsx(menuClass, "max-h-(--radix-dropdown-menu-content-available-height) overflow-y-auto", className)}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
        >
          {children}
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}

interface MenuItemProps {
  icon?: LucideIcon;
  children: ReactNode;
  onSelect?: () => void;
  isDanger?: boolean;
  disabled?: boolean;
}

export function MenuItem({ icon: Icon, children, onSelect, isDanger = false, disabled }: MenuItemProps) {
  return (
    <RadixMenu.Item className={clsx(menuItemClass, isDanger && "text-danger [&_svg]:text-danger!")} onSelect={onSelect} disabled={disabled}>
      {Icon && <Icon aria-hidden />}
      {children}
    </RadixMenu.Item>
  );
}

/** An entry that is a link: its one child is the `<a>` or `<Link>`. */
export function MenuLink({ children }: { children: ReactNode }) {
  return (
    <RadixMenu.Item asChild className={menuItemClass}>
      {children}
    </RadixMenu.Item>
  );
}

interface MenuRadioGroupProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: readonly { value: T; label: string; icon?: LucideIcon }[];
}

export function MenuRadioGroup<T extends string>({ label, value, onChange, options }: MenuRadioGroupProps<T>) {
  const choose = (chosen: string) => {
    const option = options.find((candidate) => candidate.value === chosen);
    if (option) onChange(option.value);
  };
  return (
    <RadixMenu.RadioGroup aria-label={label} value={value} onValueChange={choose}>
      {options.map(({ value: option, label: text, icon: Icon }) => (
        <RadixMenu.RadioItem key={option} value={option} className={menuItemClass}>
          {Icon && <Icon aria-hidden />}
          {text}
          <RadixMenu.ItemIndicator className="ml-auto pl-3">
            <Check aria-hidden />
          </RadixMenu.ItemIndicator>
        </RadixMenu.RadioItem>
      ))}
    </RadixMenu.RadioGroup>
  );
}

export function MenuSeparator() {
  return <RadixMenu.Separator className="my-1 h-px bg-line" />;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <RadixMenu.Label className="px-2.5 pt-1.5 pb-1 text-2xs text-muted">{children}</RadixMenu.Label>;
}
