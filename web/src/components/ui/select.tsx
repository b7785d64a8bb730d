import * as RadixSelect from "@radix-ui/react-select";
import clsx from "clsx";
import { Check, ChevronDown } from "lucide-react";
import { type ReactNode } from "react";

import { buttonClass } from "./button";
import { menuClass, menuItemClass } from "./dialog-styles";

export interface SelectOption<T extends string = string> {
  value: T;
  label: string;
  icon?: ReactNode;
}

interface SelectBase<T extends string> {
  /** What is chosen here, for those who do not see the neighbours. */
  label: string;
  options: readonly SelectOption<T>[];
  className?: string;
  isDisabled?: boolean;
}

interface SelectProps<T extends string> extends SelectBase<T> {
  value: T;
  onChange: (value: T) => void;
}

// Radix keeps "" for "nothing chosen".
const ALL = " all";

/** One of a few. */
export function Select<T extends string>({ label, options, value, onChange, className, isDisabled }: SelectProps<T>) {
  const current = options.find((option) => option.value === value);
  const choose = (chosen: string) => {
    const option = options.find((candidate) => candidate.value === chosen);
    if (option) onChange(option.value);
  };
  return (
    <RadixSelect.Root value={value} onValueChange={choose} disabled={isDisabled}>
      <RadixSelect.Trigger aria-label={label} className={clsx(buttonClass("secondary"), "w-full min-w-0 text-left", className)}>
        <span className="flex min-w-0 flex-1 items-center gap-2 truncate">
          {current?.icon}
          <span className="truncate">
            <RadixSelect.Value>{current?.label ?? value}</RadixSelect.Value>
          </span>
        </span>
        <ChevronDown aria-hidden className="size-4 shrink-0 text-muted" />
      </RadixSelect.Trigger>
      <RadixSelect.Portal>
        <RadixSelect.Content
          position="popper"
          sideOffset={6}
          collisionPadding={8}
          className={clsx(menuClass, "max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width) overflow-hidden")}
        >
          <RadixSelect.Viewport>
            {options.map((option) => (
              <RadixSelect.Item key={option.value} value={option.value} className={menuItemClass}>
                {option.icon}
                <RadixSelect.ItemText>{option.label}</RadixSelect.ItemText>
                <RadixSelect.ItemIndicator className="ml-auto pl-3">
                  <Check aria-hidden />
                </RadixSelect.ItemIndicator>
              </RadixSelect.Item>
            ))}
          </RadixSelect.Viewport>
        </RadixSelect.Content>
      </RadixSelect.Portal>
    </RadixSelect.Root>
  );
}

interface SelectWithAllProps<T extends string> extends SelectBase<T> {
  /** Absent means all. */
  value: T | undefined;
  onChange: (value: T | undefined) => void;
  allLabel: string;
}

/** The same for a filter: its first entry chooses nothing in particular. */
export function SelectWithAll<T extends string>({ value, onChange, allLabel, options, ...rest }: SelectWithAllProps<T>) {
  return (
    <Select<T | typeof ALL>
      {...rest}
      value={value ?? ALL}
      onChange={(chosen) => onChange(chosen === ALL ? undefined : chosen)}
      options={[{ value: ALL, label: allLabel }, ...options]}
    />
  );
}
