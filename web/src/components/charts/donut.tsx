import { type ReactNode } from "react";

interface DonutProps {
  slices: readonly { key: string; value: number; color: string }[];
  /** In the hole. */
  children?: ReactNode;
}

const RADIUS = 42;
const AROUND = 2 * Math.PI * RADIUS;
const GAP = 1.5;

/** Shares of a whole; the list beside it says them in numbers. */
export function Donut({ slices, children }: DonutProps) {
  const shown = slices.filter(({ value }) => value > 0);
  const whole = shown.reduce((sum, { value }) => sum + value, 0);
  const arcs = shown.map((slice, place) => ({
    ...slice,
    from: (shown.slice(0, place).reduce((sum, { value }) => sum + value, 0) / whole) * AROUND,
    length: (slice.value / whole) * AROUND,
  }));
  const gap = shown.length > 1 ? GAP : 0;
  return (
    <div className="relative mx-auto size-40 shrink-0">
      <svg aria-hidden viewBox="0 0 100 100" className="size-full -rotate-90">
        {arcs.length === 0 && <circle cx={50} cy={50} r={RADIUS} fill="none" stroke="var(--hover)" strokeWidth={13} />}
        {arcs.map(({ key, color, from, length }) => (
          <circle
            key={key}
            cx={50}
            cy={50}
            r={RADIUS}
            fill="none"
            stroke={color}
            strokeWidth={13}
            strokeDasharray={`${Math.max(length - gap, 0.5)} ${AROUND}`}
            strokeDashoffset={-from}
          />
        ))}
      </svg>
      <div className="absolute inset-0 grid place-items-center text-center">{children}</div>
    </div>
  );
}
