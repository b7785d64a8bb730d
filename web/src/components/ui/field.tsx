import clsx from "clsx";
import { ChevronDown } from "lucide-react";
import { type ComponentProps } from "react";

const control =
  "h-8 w-full rounded-lg border border-line-strong/70 bg-surface px-2.5 text-[0.8125rem] placeholder:text-muted hover:border-line-strong pointer-coarse:h-10 pointer-coarse:text-base";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={clsx(control, className)} {...props} />;
}

export function Select({ className, children, ...props }: ComponentProps<"select">) {
  return (
    <span className={clsx("relative inline-flex", className)}>
      <select className={clsx(control, "appearance-none pr-8")} {...props}>
        {children}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-muted" />
    </span>
  );
}
