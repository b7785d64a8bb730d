import clsx from "clsx";
import { ChevronRight, type LucideIcon } from "lucide-react";
import { type ReactNode, useId } from "react";

import { useFold } from "./folds";

interface FoldProps {
  id: string;
  icon: LucideIcon;
  label: string;
  summary?: string;
  /** Stands at the end of the line. */
  figures?: ReactNode;
  tone?: "plain" | "danger";
  isOpenAtFirst?: boolean;
  children: ReactNode;
}

/** One line that opens. Its content is built only then. */
export function Fold({ id, icon: Icon, label, summary, figures, tone = "plain", isOpenAtFirst = false, children }: FoldProps) {
  const { isOpen, toggle } = useFold(id, isOpenAtFirst);
  const contentId = useId();
  return (
    <div className={clsx("overflow-hidden rounded-lg border bg-surface", tone === "danger" ? "border-danger/40" : "border-line")}>
      <button
        type="button"
        onClick={toggle}
        aria-expanded={isOpen}
        aria-controls={isOpen ? contentId : undefined}
        className="flex h-8 w-full items-center gap-2 px-2.5 text-left text-[0.8125rem] -outline-offset-2 transition-colors hover:bg-hover pointer-coarse:h-11"
      >
        <ChevronRight aria-hidden className={clsx("size-3.5 shrink-0 text-muted transition-transform", isOpen && "rotate-90")} />
        <Icon aria-hidden className={clsx("size-3.5 shrink-0", tone === "danger" ? "text-danger" : "text-muted")} />
        <span className={clsx("max-w-48 shrink-0 truncate font-medium", tone === "danger" && "text-danger")}>{label}</span>
        {summary !== undefined && summary !== "" && (
          <span dir="auto" className="min-w-0 flex-1 truncate text-left font-mono text-xs text-muted [unicode-bidi:isolate]">
            {summary}
          </span>
        )}
        {figures !== undefined && <span className="nums ml-auto shrink-0 text-xs">{figures}</span>}
      </button>
      {isOpen && (
        <div id={contentId} className="divide-y divide-line border-t border-line">
          {children}
        </div>
      )}
    </div>
  );
}
