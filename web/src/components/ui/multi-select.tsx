import * as RadixPopover from "@radix-ui/react-popover";
import clsx from "clsx";
import { Command } from "cmdk";
import { Check, ChevronDown } from "lucide-react";
import { type ReactNode } from "react";

import { formatInteger } from "@/lib/format";

import { buttonClass } from "./button";
import { popoverClass } from "./dialog-styles";

export interface MultiSelectOption {
  value: string;
  label: string;
  icon?: ReactNode;
  /** How many rows it would leave, where that is known. */
  count?: number;
}

interface MultiSelectProps {
  label: string;
  options: readonly MultiSelectOption[];
  value: readonly string[];
  onChange: (value: string[]) => void;
  /** The options are not all known yet. */
  isLoading?: boolean;
  className?: string;
}

const SEARCH_FROM = 8;
const noteClass = "px-2.5 py-4 text-center text-[0.8125rem] text-muted";

/** Several of many: a button that says how many, and a list that can be searched. */
export function MultiSelect({ label, options, value, onChange, isLoading = false, className }: MultiSelectProps) {
  const toggle = (option: string) => onChange(value.includes(option) ? value.filter((other) => other !== option) : [...value, option]);
  return (
    <RadixPopover.Root>
      <RadixPopover.Trigger
        className={clsx(buttonClass("secondary"), value.length > 0 && "border-accent/60 text-accent-strong", className)}
      >
        {label}
        {value.length > 0 && (
          <span className="nums rounded-md bg-accent-soft px-1.5 text-2xs">
            {value.length} <span className="sr-only">chosen</span>
          </span>
        )}
        <ChevronDown aria-hidden className="text-muted" />
      </RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content aria-label={label} align="start" sideOffset={6} collisionPadding={8} className={clsx(popoverClass, "w-72 p-1!")}>
          {options.length > 0 ? (
            <MultiSelectList label={label} options={options} value={value} onToggle={toggle} />
          ) : (
            <p role="status" className={noteClass}>
              {isLoading ? "Loading…" : "Nothing to choose from yet"}
            </p>
          )}
          {value.length > 0 && (
            <div className="mt-1 border-t border-line pt-1">
              <button type="button" className={clsx(buttonClass("ghost"), "w-full")} onClick={() => onChange([])}>
                Clear
              </button>
            </div>
          )}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}

interface ListProps extends Pick<MultiSelectProps, "label" | "options" | "value"> {
  onToggle: (value: string) => void;
}

function MultiSelectList({ label, options, value, onToggle }: ListProps) {
  const isSearchable = options.length >= SEARCH_FROM;
  return (
    <Command label={label} className="outline-none">
      <Command.Input
        // eslint-disable-next-line jsx-a11y/no-autofocus -- the panel was opened to use it
        autoFocus
        placeholder={`Find ${label.toLowerCase()}`}
        className={clsx("mb-1 h-8 w-full rounded-lg bg-sunken px-2.5 text-[0.8125rem] outline-none placeholder:text-muted pointer-coarse:h-10", !isSearchable && "sr-only")}
      />
      <Command.Empty className={noteClass}>Nothing of that name</Command.Empty>
      <Command.List label={label} aria-multiselectable className="max-h-64 overflow-y-auto">
        {options.map((option) => {
          const isChosen = value.includes(option.value);
          return (
            <Command.Item
              key={option.value}
              value={option.value}
              keywords={[option.label]}
              aria-checked={isChosen}
              onSelect={() => onToggle(option.value)}
              className="flex min-h-8 cursor-pointer items-center gap-2 rounded-lg px-2 text-[0.8125rem] data-[selected=true]:bg-hover pointer-coarse:min-h-10"
            >
              <span
                aria-hidden
                className={clsx("grid size-4 shrink-0 place-items-center rounded border", isChosen ? "border-accent bg-accent text-on-accent" : "border-line-strong")}
              >
                {isChosen && <Check className="size-3" />}
              </span>
              {option.icon}
              <span className="min-w-0 flex-1 truncate">{option.label}</span>
              {option.count !== undefined && <span className="nums text-2xs text-muted">{formatInteger(option.count)}</span>}
            </Command.Item>
          );
        })}
      </Command.List>
    </Command>
  );
}
