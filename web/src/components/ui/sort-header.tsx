import clsx from "clsx";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { type ReactNode } from "react";

export type SortDirection = "asc" | "desc";

interface SortHeaderProps {
  children: ReactNode;
  /** Absent where another column decides the order. */
  direction: SortDirection | undefined;
  onSort: (direction: SortDirection) => void;
  /** What the first press means; numbers and dates are usually wanted largest first. */
  first?: SortDirection;
  align?: "start" | "end";
  /** `th` in a real table, `div` in a grid that only has the role. */
  as?: "th" | "div";
  className?: string;
}

/** The head of a column that can be sorted by. */
export function SortHeader({ children, direction, onSort, first = "desc", align = "start", as: Cell = "div", className }: SortHeaderProps) {
  const next = direction === undefined ? first : direction === "asc" ? "desc" : "asc";
  const Icon = direction === undefined ? ChevronsUpDown : direction === "asc" ? ArrowUp : ArrowDown;
  return (
    <Cell
      {...(Cell === "th" ? { scope: "col" } : { role: "columnheader" })}
      aria-sort={direction === undefined ? "none" : direction === "asc" ? "ascending" : "descending"}
      className={clsx("min-w-0 font-medium", className)}
    >
      <button
        type="button"
        onClick={() => onSort(next)}
        className={clsx(
          "group flex h-8 w-full items-center gap-1 text-xs font-medium whitespace-nowrap hover:text-ink",
          align === "end" && "justify-end",
          direction === undefined ? "text-muted" : "text-ink",
        )}
      >
        <span className="truncate">{children}</span>
        <Icon
          aria-hidden
          className={clsx("size-3 shrink-0", direction === undefined && "opacity-0 group-hover:opacity-60 group-focus-visible:opacity-60")}
        />
      </button>
    </Cell>
  );
}
