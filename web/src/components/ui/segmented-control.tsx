import * as ToggleGroup from "@radix-ui/react-toggle-group";
import clsx from "clsx";
import { type ReactNode } from "react";

export interface Segment<T extends string> {
  value: T;
  label: string;
  /** Shown in place of the label, which then is read out only. */
  icon?: ReactNode;
  isDisabled?: boolean;
}

interface SegmentedControlProps<T extends string> {
  label: string;
  options: readonly Segment<T>[];
  value: T;
  onChange: (value: T) => void;
  className?: string;
}

/** One of a few that all stay in sight. */
export function SegmentedControl<T extends string>({ label, options, value, onChange, className }: SegmentedControlProps<T>) {
  const choose = (chosen: string) => {
    // Pressing the chosen one again would leave none.
    const option = options.find((candidate) => candidate.value === chosen);
    if (option) onChange(option.value);
  };
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={choose}
      className={clsx("inline-flex h-8 shrink-0 items-center gap-0.5 rounded-lg border border-line bg-sunken p-0.5 pointer-coarse:h-10", className)}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          disabled={option.isDisabled}
          aria-label={option.icon === undefined ? undefined : option.label}
          title={option.icon === undefined ? undefined : option.label}
          className="inline-flex h-full cursor-pointer items-center gap-1.5 rounded-md px-2.5 text-xs font-medium whitespace-nowrap text-muted hover:text-ink disabled:opacity-50 data-[state=on]:bg-surface data-[state=on]:text-ink data-[state=on]:shadow-sm [&_svg]:size-4"
        >
          {option.icon ?? option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
