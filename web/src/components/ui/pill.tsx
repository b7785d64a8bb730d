import clsx from "clsx";
import { X } from "lucide-react";
import { type ReactNode } from "react";

interface PillProps {
  children: ReactNode;
  onRemove: () => void;
  /** What goes away, in words: "Remove the filter Model". */
  removeLabel: string;
  className?: string;
}

/** Something chosen that one press takes back, such as a filter. */
export function Pill({ children, onRemove, removeLabel, className }: PillProps) {
  return (
    <span
      className={clsx(
        "inline-flex h-7 max-w-full items-center gap-1 rounded-full border border-line bg-surface pl-2.5 text-xs pointer-coarse:h-9",
        className,
      )}
    >
      <span className="min-w-0 truncate">{children}</span>
      <button
        type="button"
        onClick={onRemove}
        aria-label={removeLabel}
        className="grid size-7 shrink-0 place-items-center rounded-full text-muted hover:text-ink pointer-coarse:size-9"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  );
}
