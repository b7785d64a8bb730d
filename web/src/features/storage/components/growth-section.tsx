import { useMemo, useState } from "react";

import { type ChartLine } from "@/components/charts/chart-line";
import { countTick } from "@/components/charts/count-tick";
import { LazyStackedChart } from "@/components/charts/lazy-stacked-chart";
import { SeriesTable } from "@/components/charts/series-table";
import { Section } from "@/components/layouts/page";
import { SegmentedControl } from "@/components/ui/segmented-control";
import { useNow } from "@/hooks/use-now";
import { byteMarks, formatBytes } from "@/lib/bytes";
import { formatInteger } from "@/lib/format";

import { type Week } from "../api/get-storage";
import { growthOf, type Measure, MEASURES } from "../growth";

const WEEKS_OF_A_YEAR = 52;
const LABELS: Record<Measure, string> = { bytes: "Size", sessions: "Sessions", messages: "Messages", parts: "Parts" };
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
// Of more than a year, a day and its month would come twice.
const month = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** When what is kept came here. What was deleted since is not in it. */
export function GrowthSection({ weeks }: { weeks: readonly Week[] }) {
  const [measure, setMeasure] = useState<Measure>("bytes");
  const [isTable, setIsTable] = useState(false);
  const now = useNow();
  const { starts, before, added } = useMemo(() => growthOf(weeks, measure, now), [weeks, measure, now]);
  const ticks = useMemo(() => {
    const short = starts.length > WEEKS_OF_A_YEAR ? month : day;
    return starts.map((start) => ({ tick: short.format(start), label: `Week of ${dayOfYear.format(start)}` }));
  }, [starts]);
  const lines: ChartLine[] = [
    { key: "before", label: "From before", color: "var(--chart-other)", values: before, total: before.at(-1) ?? 0 },
    { key: "added", label: "Came in", color: "var(--chart-1)", values: added, total: added.at(-1) ?? 0 },
  ];
  const isSize = measure === "bytes";
  const title = `${LABELS[measure]} kept, by week`;
  return (
    <Section title="Growth" description="What is kept now, by the week in which it came here. What was deleted is not in it.">
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <SegmentedControl
          label="Figure"
          className="max-w-full overflow-x-auto"
          value={measure}
          onChange={setMeasure}
          options={MEASURES.map((value) => ({ value, label: LABELS[value] }))}
        />
        <SegmentedControl
          label="Shown as"
          className="ml-auto"
          value={isTable ? "table" : "chart"}
          onChange={(value) => setIsTable(value === "table")}
          options={[
            { value: "chart", label: "Chart" },
            { value: "table", label: "Table" },
          ]}
        />
      </div>
      {starts.length === 0 ? (
        <p className="grid h-40 place-items-center text-muted">Nothing is kept yet. Connect an agent to begin.</p>
      ) : isTable ? (
        <SeriesTable caption={title} ticks={ticks} lines={lines} format={isSize ? formatBytes : formatInteger} hasTotals={false} />
      ) : (
        <LazyStackedChart
          label={title}
          ticks={ticks}
          lines={lines}
          kind="bars"
          format={isSize ? formatBytes : formatInteger}
          formatShort={isSize ? formatBytes : countTick}
          marks={isSize ? byteMarks : undefined}
        />
      )}
    </Section>
  );
}
