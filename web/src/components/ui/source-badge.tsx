import clsx from "clsx";

import { sourceOf } from "@/lib/sources";

export function SourceBadge({ source, className }: { source: string | null; className?: string }) {
  const { label, color } = sourceOf(source);
  return (
    <span className={clsx("inline-flex min-w-0 items-center gap-1.5 text-xs whitespace-nowrap", className)}>
      <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: `var(${color})` }} />
      <span className="truncate">{label}</span>
    </span>
  );
}
