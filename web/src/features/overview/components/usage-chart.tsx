import { useMemo } from "react";

import { type ChartLine } from "@/components/charts/chart-line";
import { chartColor } from "@/components/charts/colors";
import { LazyStackedChart } from "@/components/charts/lazy-stacked-chart";
import { Legend } from "@/components/charts/legend";
import { SeriesTable } from "@/components/charts/series-table";
import { Section } from "@/components/layouts/page";
import { SegmentedControl } from "@/components/ui/segmented-control";
import { Select } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";
import { cumulated, type Dimension, measuresOf, type Series, seriesOf } from "@/lib/analytics";
import { bucketLabel, GRAINS, grainsFor, tickLabel } from "@/lib/analytics-calendar";

import { grainOf } from "../period";
import { type Metric, METRICS, type OverviewSearch, type Stack, STACKS } from "../search-params";
import { type Figures } from "../use-figures";
import { METRIC_WORDS, nameLabel } from "../words";

const MOST_LINES = 7;
const GRAIN_LABELS = { day: "Day", week: "Week", month: "Month" };
const STACK_LABELS: Record<Stack, string> = {
  model: "by model",
  project: "by project",
  source: "by agent",
  provider: "by provider",
  kind: "in and out",
};
const KIND_LABELS: Record<string, string> = { promptTokens: "In (prompt)", completionTokens: "Out (completion)" };

interface UsageChartProps {
  figures: Figures;
  search: OverviewSearch;
  onSearch: (change: OverviewSearch) => void;
}

export function UsageChart({ figures, search, onSearch }: UsageChartProps) {
  const { metric = "totalTokens", cumulative = false, table = false, hide = [] } = search;
  const stack = stackOf(search.stack, metric);
  const { usage, rows, period } = figures;
  const grain = grainOf(period, search.by);
  const series = useMemo(() => {
    if (stack === "kind") return measuresOf(usage, rows, { period, grain, measures: ["promptTokens", "completionTokens"] });
    return seriesOf(usage, rows, { period, grain, measure: metric, dimension: stack, most: MOST_LINES });
  }, [usage, rows, period, grain, metric, stack]);
  const ticks = useMemo(
    () => series.starts.map((start) => ({ tick: tickLabel(start, grain, period), label: bucketLabel(start, grain, period) })),
    [series, grain, period],
  );
  const lines = useMemo(() => chartLines(cumulative ? cumulated(series) : series, stack), [series, cumulative, stack]);
  const shown = lines.filter(({ key }) => !hide.includes(key));
  const { label, format, formatShort } = METRIC_WORDS[metric];
  const possible = grainsFor(period);
  const title = `${cumulative ? "Cumulative " : ""}${cumulative ? label.toLowerCase() : label} ${STACK_LABELS[stack]} per ${grain}`;

  const toggle = (key: string) => {
    const next = hide.includes(key) ? hide.filter((other) => other !== key) : [...hide, key];
    onSearch({ hide: next.length > 0 ? next : undefined });
  };

  return (
    <Section title="Usage">
      <div className="flex flex-wrap items-center gap-2">
        <SegmentedControl
          label="Figure"
          className="max-w-full overflow-x-auto"
          value={metric}
          onChange={(value) => onSearch({ metric: value === "totalTokens" ? undefined : value })}
          options={METRICS.map((value) => ({ value, label: METRIC_WORDS[value].label }))}
        />
        <Select
          label="Stacked"
          className="w-32!"
          value={stack}
          onChange={(value) => onSearch({ stack: value === "model" ? undefined : value, hide: undefined })}
          options={STACKS.filter((value) => stackOf(value, metric) === value).map((value) => ({ value, label: STACK_LABELS[value] }))}
        />
        <SegmentedControl
          label="Per"
          value={grain}
          onChange={(by) => onSearch({ by })}
          options={GRAINS.map((value) => ({ value, label: GRAIN_LABELS[value], isDisabled: !possible.includes(value) }))}
        />
        <Switch label="Cumulative" checked={cumulative} onChange={(checked) => onSearch({ cumulative: checked || undefined })} />
        <SegmentedControl
          label="Shown as"
          className="ml-auto"
          value={table ? "table" : "chart"}
          onChange={(value) => onSearch({ table: value === "table" || undefined })}
          options={[
            { value: "chart", label: "Chart" },
            { value: "table", label: "Table" },
          ]}
        />
      </div>
      <div className="mt-4">
        {series.lines.every(({ total }) => total === 0) ? (
          <p className="grid h-72 place-items-center text-muted">{rows.length === 0 ? "No sessions here. Choose another period or fewer filters." : `No ${label.toLowerCase()} in this period.`}</p>
        ) : table ? (
          <SeriesTable caption={title} ticks={ticks} lines={shown} format={format} hasTotals={!cumulative} />
        ) : (
          <LazyStackedChart label={title} ticks={ticks} lines={shown} kind={cumulative ? "area" : "bars"} format={format} formatShort={formatShort} />
        )}
      </div>
      <div className="mt-3">
        <Legend lines={lines} hidden={hide} onToggle={toggle} format={formatShort} />
      </div>
    </Section>
  );
}

/** Only tokens have a way in and a way out. */
function stackOf(stack: Stack = "model", metric: Metric): Stack {
  return stack === "kind" && metric !== "totalTokens" ? "model" : stack;
}

function chartLines({ lines }: Series, stack: Stack): ChartLine[] {
  return lines.map(({ name, values, total }, place) => ({
    // Names may be empty, and somebody may have called a project "other".
    key: name === undefined ? "*" : name || "-",
    label: name === undefined ? "Other" : stack === "kind" ? (KIND_LABELS[name] ?? name) : nameLabel(dimensionOf(stack), name),
    color: chartColor(name === undefined ? undefined : place),
    values,
    total,
  }));
}

function dimensionOf(stack: Exclude<Stack, "kind">): Dimension {
  return stack;
}
