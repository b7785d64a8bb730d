interface WeekHeatMapProps {
  caption: string;
  /** By weekday, Monday first, and hour. */
  values: readonly (readonly number[])[];
  format: (value: number) => string;
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** When in the week something happens: a table whose cells are darker the more there is. */
export function WeekHeatMap({ caption, values, format }: WeekHeatMapProps) {
  const most = Math.max(...values.flat(), 0) || 1;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard scrolls it, too
    <div role="region" aria-label={caption} tabIndex={0} className="overflow-x-auto">
      <table className="w-full min-w-[18rem] table-fixed border-separate border-spacing-0.5 text-2xs text-muted">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            <td className="w-8" />
            {HOURS.map((hour) => (
              <th key={hour} scope="col" className="h-4 overflow-visible text-left font-normal whitespace-nowrap">
                <span className="sr-only">{hourLabel(hour)}</span>
                <span aria-hidden>{hour % 6 === 0 ? hourLabel(hour) : ""}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {values.map((hours, day) => (
            <tr key={DAYS[day]}>
              <th scope="row" className="text-left font-normal">
                {DAYS[day]}
              </th>
              {hours.map((value, hour) => (
                <td
                  key={HOURS[hour]}
                  title={`${DAYS[day] ?? ""} ${hourLabel(hour)} – ${format(value)}`}
                  className="h-5 rounded-[3px]"
                  style={{ background: shade(value / most) }}
                >
                  <span className="sr-only">{format(value)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function hourLabel(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

/** By the root, so that quiet hours still show beside the busiest. */
export function shade(share: number): string {
  if (share <= 0) return "var(--sunken)";
  return `color-mix(in oklab, var(--chart-1) ${Math.round(12 + 88 * Math.sqrt(share))}%, var(--surface))`;
}
