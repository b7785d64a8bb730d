const COLORS = 8;

/** The color of a chart's line by its place; what is left over, and places beyond, are grey. */
export function chartColor(place: number | undefined): string {
  return place === undefined || place >= COLORS ? "var(--chart-other)" : `var(--chart-${place + 1})`;
}
