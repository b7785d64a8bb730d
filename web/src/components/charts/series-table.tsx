import { type ChartLine, type ChartTick } from "./chart-line";

interface SeriesTableProps {
  caption: string;
  ticks: readonly ChartTick[];
  lines: readonly ChartLine[];
  format: (value: number) => string;
  /** A sum of what already is a sum means nothing. */
  hasTotals: boolean;
}

/** A chart in numbers, for those who want them exact or cannot see the chart. */
export function SeriesTable({ caption, ticks, lines, format, hasTotals }: SeriesTableProps) {
  const sum = (place: number) => lines.reduce((total, { values }) => total + (values[place] ?? 0), 0);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard scrolls it, too
    <div role="region" aria-label={caption} tabIndex={0} className="max-h-80 overflow-auto rounded-lg border border-line">
      <table className="nums w-full border-collapse text-right text-xs">
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 bg-sunken text-muted">
          <tr>
            <th scope="col" className={cellClass + " text-left font-medium"}>
              When
            </th>
            {lines.map(({ key, label }) => (
              <th key={key} scope="col" className={cellClass + " max-w-48 truncate font-medium"} title={label}>
                {label}
              </th>
            ))}
            <th scope="col" className={cellClass + " font-medium"}>
              Total
            </th>
          </tr>
        </thead>
        <tbody>
          {ticks.map(({ label }, place) => (
            <tr key={label} className="border-t border-line">
              <th scope="row" className={cellClass + " text-left font-normal"}>
                {label}
              </th>
              {lines.map(({ key, values }) => (
                <td key={key} className={cellClass}>
                  {format(values[place] ?? 0)}
                </td>
              ))}
              <td className={cellClass + " font-medium"}>{format(sum(place))}</td>
            </tr>
          ))}
        </tbody>
        {hasTotals && (
          <tfoot className="sticky bottom-0 bg-sunken font-medium">
            <tr>
              <th scope="row" className={cellClass + " text-left font-medium"}>
                Total
              </th>
              {lines.map(({ key, total }) => (
                <td key={key} className={cellClass}>
                  {format(total)}
                </td>
              ))}
              <td className={cellClass}>{format(lines.reduce((all, { total }) => all + total, 0))}</td>
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

const cellClass = "px-3 py-1.5 whitespace-nowrap";
