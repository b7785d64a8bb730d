/** One of the things a chart stacks or a legend names. */
export interface ChartLine {
  /** Tells it from the others, in an address too. */
  key: string;
  label: string;
  color: string;
  /** One for each place on the axis. */
  values: readonly number[];
  total: number;
}

/** A place on the axis. */
export interface ChartTick {
  /** Short, below the axis. */
  tick: string;
  /** In full, for the tooltip and the table. */
  label: string;
}

export interface StackedChartProps {
  /** What it shows, for those who do not see it. */
  label: string;
  ticks: readonly ChartTick[];
  lines: readonly ChartLine[];
  /** Bars for what happened in each span, an area for what has come together. */
  kind: "bars" | "area";
  format: (value: number) => string;
  /** For the axis. */
  formatShort: (value: number) => string;
  /** Where the axis has its marks, from 0 to above the most; round decimal numbers without it. */
  marks?: (most: number) => number[];
}
