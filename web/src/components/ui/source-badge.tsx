import clsx from "clsx";

import { sourceOf } from "@/lib/sources";

export function SourceBadge({ source, className }: { source: string | null; className?: string }) {
  return (
    <span className={clsx("inline-flex min-w-0 items-center gap-1.5 text-xs whitespace-nowrap", className)}>
      <SourceDot source={source} />
      <span className="truncate">{sourceOf(source).label}</span>
    </span>
  );
}

export function SourceDot({ source }: { source: string | null }) {
  return <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: `var(${sourceOf(source).color})` }} />;
}
