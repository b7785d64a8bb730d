import clsx from "clsx";

import { type ChartLine } from "./chart-line";

interface LegendProps {
  lines: readonly ChartLine[];
  hidden: readonly string[];
  onToggle: (key: string) => void;
  format: (value: number) => string;
}

/** Names the lines of a chart; a press takes one out, another brings it back. */
export function Legend({ lines, hidden, onToggle, format }: LegendProps) {
  return (
    <ul aria-label="Lines of the chart" className="flex flex-wrap gap-x-1 gap-y-0.5">
      {lines.map(({ key, label, color, total }) => {
        const isShown = !hidden.includes(key);
        return (
          <li key={key} className="max-w-full min-w-0">
            <button
              type="button"
              aria-pressed={isShown}
              onClick={() => onToggle(key)}
              className="flex h-7 max-w-full items-center gap-1.5 rounded-md px-1.5 text-xs hover:bg-hover pointer-coarse:h-10"
            >
              <span
                aria-hidden
                className="size-2.5 shrink-0 rounded-[3px] border-2"
                style={{ borderColor: color, background: isShown ? color : "transparent" }}
              />
              <span className={clsx("truncate", isShown ? "text-ink" : "text-muted line-through")}>{label}</span>
              <span className="nums text-muted">{format(total)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
