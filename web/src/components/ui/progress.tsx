import clsx from "clsx";

interface ProgressProps {
  label: string;
  value: number;
  /** Absent while the whole is not known. */
  max?: number;
  className?: string;
}

export function Progress({ label, value, max, className }: ProgressProps) {
  const share = max === undefined || max <= 0 ? undefined : Math.min(1, Math.max(0, value / max));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max ?? 100}
      aria-valuenow={share === undefined ? undefined : value}
      className={clsx("h-1.5 overflow-hidden rounded-full bg-hover", className)}
    >
      <div
        className={clsx("h-full origin-left rounded-full bg-accent transition-transform", share === undefined && "animate-pulse")}
        style={{ transform: `scaleX(${share ?? 1})` }}
      />
    </div>
  );
}
