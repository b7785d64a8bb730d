import * as RadixCheckbox from "@radix-ui/react-checkbox";
import clsx from "clsx";
import { Check, Minus } from "lucide-react";
import { type MouseEvent, type ReactNode, useId } from "react";

interface CheckboxProps {
  checked: boolean | "indeterminate";
  onChange: (checked: boolean) => void;
  label: string;
  /** For rows of a table, where the label would repeat what stands beside it. */
  isLabelHidden?: boolean;
  description?: ReactNode;
  disabled?: boolean;
  className?: string;
  /** Comes before `onChange`: for Shift, which picks a span. */
  onClick?: (event: MouseEvent) => void;
}

/** Takes effect with the form or list it is part of; what takes effect at once is a `Switch`. */
export function Checkbox({ checked, onChange, label, isLabelHidden = false, description, disabled, className, onClick }: CheckboxProps) {
  const id = useId();
  const describedBy = description === undefined ? undefined : `${id}-description`;
  const box = (
    <RadixCheckbox.Root
      id={id}
      checked={checked}
      onCheckedChange={(state) => onChange(state === true)}
      onClick={onClick}
      disabled={disabled}
      aria-label={isLabelHidden ? label : undefined}
      aria-describedby={describedBy}
      className={clsx(
        "relative grid size-4 shrink-0 place-items-center rounded border border-line-strong bg-surface disabled:opacity-50",
        // The target is larger than the box.
        "after:absolute after:-inset-2 after:content-['']",
        "data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent",
        isLabelHidden && className,
      )}
    >
      <RadixCheckbox.Indicator className="text-on-accent">
        {checked === "indeterminate" ? <Minus aria-hidden className="size-3" /> : <Check aria-hidden className="size-3" />}
      </RadixCheckbox.Indicator>
    </RadixCheckbox.Root>
  );
  if (isLabelHidden) return box;
  return (
    <div className={clsx("flex items-start gap-2.5", className)}>
      <span className="grid h-5 place-items-center">{box}</span>
      <span className="min-w-0">
        <label htmlFor={id} className={clsx("text-[0.8125rem]", disabled ? "text-muted" : "cursor-pointer")}>
          {label}
        </label>
        {description !== undefined && (
          <span id={describedBy} className="block text-xs text-muted">
            {description}
          </span>
        )}
      </span>
    </div>
  );
}
