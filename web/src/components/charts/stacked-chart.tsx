import { Area, AreaChart, Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { type ChartLine, type ChartTick, type StackedChartProps } from "./chart-line";

interface Datum extends ChartTick {
  place: number;
}

const axis = { tickLine: false, axisLine: false, tick: { fill: "var(--muted)", fontSize: 11 } } as const;
const MARGIN = { top: 6, right: 4, bottom: 0, left: 0 };

/** Imported lazily: the library it draws with is larger than the rest of the page. */
export function StackedChart({ label, ticks, lines, kind, format, formatShort, marks }: StackedChartProps) {
  const data: Datum[] = ticks.map((tick, place) => ({ ...tick, place }));
  const sums = ticks.map((_, place) => lines.reduce((sum, { values }) => sum + (values[place] ?? 0), 0));
  const marked = marks?.(Math.max(0, ...sums));
  const frame = (
    <>
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis dataKey="tick" {...axis} axisLine={{ stroke: "var(--line)" }} interval="equidistantPreserveStart" minTickGap={24} tickMargin={6} height={26} />
      <YAxis {...axis} tickFormatter={formatShort} width={56} tickCount={5} ticks={marked} domain={marked && [0, marked.at(-1) ?? 0]} />
      <Tooltip
        isAnimationActive={false}
        cursor={kind === "bars" ? { fill: "var(--hover)" } : { stroke: "var(--line-strong)" }}
        content={({ active, payload }) => {
          const datum = payload[0]?.payload as Datum | undefined;
          return active && datum ? <ChartTooltip datum={datum} lines={lines} format={format} /> : null;
        }}
      />
    </>
  );
  const shared = { data, margin: MARGIN, accessibilityLayer: true, title: label };
  const valueOf = (line: ChartLine) => (datum: Datum) => line.values[datum.place] ?? 0;
  return (
    <ResponsiveContainer width="100%" height="100%" debounce={50}>
      {kind === "bars" ? (
        <BarChart {...shared} barCategoryGap="18%" maxBarSize={56}>
          {frame}
          {lines.map((line) => (
            <Bar key={line.key} name={line.label} stackId="all" dataKey={valueOf(line)} fill={line.color} isAnimationActive={false} />
          ))}
        </BarChart>
      ) : (
        <AreaChart {...shared}>
          {frame}
          {lines.map((line) => (
            <Area
              key={line.key}
              name={line.label}
              type="linear"
              stackId="all"
              dataKey={valueOf(line)}
              fill={line.color}
              fillOpacity={0.55}
              stroke={line.color}
              strokeWidth={1.5}
              isAnimationActive={false}
            />
          ))}
        </AreaChart>
      )}
    </ResponsiveContainer>
  );
}

function ChartTooltip({ datum, lines, format }: { datum: Datum; lines: readonly ChartLine[]; format: (value: number) => string }) {
  // From the top of the stack down, as the eye meets them; what is nothing there is left out.
  const shown = lines.filter(({ values }) => (values[datum.place] ?? 0) > 0).reverse();
  const total = shown.reduce((sum, { values }) => sum + (values[datum.place] ?? 0), 0);
  return (
    <div className="nums max-w-72 min-w-44 rounded-lg border border-line bg-surface px-3 py-2 text-xs shadow-xl">
      <p className="font-medium">{datum.label}</p>
      <ul className="mt-1.5 grid gap-1">
        {shown.map(({ key, label, color, values }) => (
          <li key={key} className="flex items-center gap-2">
            <span aria-hidden className="size-2 shrink-0 rounded-[2px]" style={{ background: color }} />
            <span className="min-w-0 flex-1 truncate text-muted">{label}</span>
            <span>{format(values[datum.place] ?? 0)}</span>
          </li>
        ))}
      </ul>
      <p className="mt-1.5 flex justify-between gap-4 border-t border-line pt-1.5 font-medium">
        <span>Total</span>
        <span>{format(total)}</span>
      </p>
    </div>
  );
}
