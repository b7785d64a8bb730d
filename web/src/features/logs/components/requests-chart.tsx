import { useMemo, useState } from "react";

import { type ChartLine } from "@/components/charts/chart-line";
import { countTick } from "@/components/charts/count-tick";
import { LazyStackedChart } from "@/components/charts/lazy-stacked-chart";
import { Legend } from "@/components/charts/legend";
import { SegmentedControl } from "@/components/ui/segmented-control";
import { formatInteger } from "@/lib/format";

import { type LogSummary } from "../api/get-summary";
import { formatLatency } from "../words";

import { RequestsTable } from "./requests-table";

const FIGURES = [
  { value: "requests", label: "Requests" },
  { value: "latency", label: "95% within" },
] as const;
type Figure = (typeof FIGURES)[number]["value"];

const DAY_MS = 86_400_000;
const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dayAndHour = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric" });
const dayAndTime = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });

interface RequestsChartProps {
  summary: LogSummary;
  isTable: boolean;
  onTable: (isTable: boolean) => void;
}

/** Requests over time, by how they ended, or how long they took. */
export function RequestsChart({ summary, isTable, onTable }: RequestsChartProps) {
  const [figure, setFigure] = useState<Figure>("requests");
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const { from, to, steps } = summary;
  const ticks = useMemo(
    () => steps.map(({ start }) => ({ tick: (to - from > DAY_MS ? dayAndHour : time).format(start), label: `From ${dayAndTime.format(start)}` })),
    [steps, from, to],
  );
  const lines = useMemo(() => linesOf(summary, figure), [summary, figure]);
  const isLatency = figure === "latency";
  const toggle = (key: string) => setHidden(hidden.includes(key) ? hidden.filter((other) => other !== key) : [...hidden, key]);
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        {!isTable && <SegmentedControl label="Figure" value={figure} onChange={setFigure} options={FIGURES} />}
        <SegmentedControl
          label="Shown as"
          className="ml-auto"
          value={isTable ? "table" : "chart"}
          onChange={(value) => onTable(value === "table")}
          options={[
            { value: "chart", label: "Chart" },
            { value: "table", label: "Table" },
          ]}
        />
      </div>
      {summary.total.requests === 0 ? (
        <p className="grid h-72 place-items-center text-center text-muted">No requests here. Choose a longer time or fewer filters.</p>
      ) : isTable ? (
        <RequestsTable
          caption="Requests over time"
          first="From"
          isScrolling
          lines={steps.filter(({ requests }) => requests > 0).map((step) => ({ key: String(step.start), label: dayAndTime.format(step.start), ...step }))}
        />
      ) : (
        <>
          <LazyStackedChart
            label={isLatency ? "Time in which 95% of requests were answered" : "Requests by how they ended"}
            ticks={ticks}
            lines={lines.filter(({ key }) => !hidden.includes(key))}
            kind="bars"
            format={isLatency ? formatLatency : formatInteger}
            formatShort={isLatency ? latencyTick : countTick}
          />
          {!isLatency && (
            <div className="mt-3">
              <Legend lines={lines} hidden={hidden} onToggle={toggle} format={formatInteger} />
            </div>
          )}
        </>
      )}
    </>
  );
}

function latencyTick(ms: number): string {
  return ms === 0 ? "0" : formatLatency(ms);
}

function linesOf({ steps, total }: LogSummary, figure: Figure): ChartLine[] {
  if (figure === "latency") {
    return [{ key: "p95", label: "95% within", color: "var(--chart-1)", values: steps.map(({ p95 }) => p95 ?? 0), total: total.p95 ?? 0 }];
  }
  const { requests, refused, failed } = total;
  return [
    { key: "answered", label: "Answered", color: "var(--chart-1)", values: steps.map((step) => step.requests - step.refused - step.failed), total: requests - refused - failed },
    { key: "refused", label: "Refused (4xx)", color: "var(--warn)", values: steps.map((step) => step.refused), total: refused },
    { key: "failed", label: "Failed (5xx)", color: "var(--danger)", values: steps.map((step) => step.failed), total: failed },
  ];
}
