import clsx from "clsx";
import { ChevronRight, type LucideIcon } from "lucide-react";
import { type ReactNode, useId } from "react";

import { useFold } from "./folds";

interface FoldProps {
  id: string;
  icon: LucideIcon;
  label: string;
  summary?: string;
  tone?: "plain" | "danger";
  children: ReactNode;
}

/** One line that opens. Its content is built only then. */
export function Fold({ id, icon: Icon, label, summary, tone = "plain", children }: FoldProps) {
  const { isOpen, toggle } = useFold(id);
  const contentId = useId();
  return (
    <div className={clsx("overflow-hidden rounded-lg border bg-sunken", tone === "danger" ? "border-danger/40" : "border-line")}>
      <button
        type="button"
        onClick={toggle}
        aria-expanded={isOpen}
        aria-controls={isOpen ? contentId : undefined}
        className="flex h-9 w-full items-center gap-2 px-2.5 text-left text-[0.8125rem] transition-colors hover:bg-hover pointer-coarse:h-11"
      >
        <ChevronRight aria-hidden className={clsx("size-3.5 shrink-0 text-muted transition-transform", isOpen && "rotate-90")} />
        <Icon aria-hidden className={clsx("size-3.5 shrink-0", tone === "danger" ? "text-danger" : "text-muted")} />
        <span className={clsx("shrink-0 font-medium", tone === "danger" && "text-danger")}>{label}</span>
        {summary !== undefined && summary !== "" && <span className="min-w-0 truncate font-mono text-xs text-muted">{summary}</span>}
      </button>
      {isOpen && (
        <div id={contentId} className="border-t border-line">
          {children}
        </div>
      )}
    </div>
  );
}
