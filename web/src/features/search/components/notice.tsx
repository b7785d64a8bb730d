import clsx from "clsx";
import { Info } from "lucide-react";
import { type ReactNode } from "react";

/** Something to know that is no failure: a part is not set up, or was left out. */
export function Notice({ tone = "neutral", children }: { tone?: "neutral" | "warn"; children: ReactNode }) {
  return (
    <p className={clsx("flex gap-2 rounded-lg px-3 py-2 text-[0.8125rem]", tone === "warn" ? "bg-warn-soft text-warn" : "bg-hover text-ink")}>
      <Info aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>{children}</span>
    </p>
  );
}
