/** How much of the largest one this is; the figure stands beside it. */
export function AmountBar({ value, most }: { value: number; most: number }) {
  return (
    <span aria-hidden className="mt-1 block h-1 overflow-hidden rounded-full bg-hover">
      <span className="block h-full rounded-full bg-chart-1" style={{ width: `${most > 0 ? (value / most) * 100 : 0}%` }} />
    </span>
  );
}
