import { useMemo } from "react";

import { shade, WeekHeatMap } from "@/components/charts/week-heat-map";
import { Section } from "@/components/layouts/page";
import { Select } from "@/components/ui/select";
import { weekOf } from "@/lib/analytics";

import { METRICS, type OverviewSearch } from "../search-params";
import { type Figures } from "../use-figures";
import { METRIC_WORDS } from "../words";

const STEPS = [0, 0.06, 0.25, 0.56, 1];

interface ActivityProps {
  figures: Figures;
  timeZone: string;
  search: OverviewSearch;
  onSearch: (change: OverviewSearch) => void;
}

export function Activity({ figures: { usage, rows }, timeZone, search, onSearch }: ActivityProps) {
  const metric = search.heat ?? "sessions";
  const { label, format } = METRIC_WORDS[metric];
  const values = useMemo(() => weekOf(usage, rows, metric), [usage, rows, metric]);
  return (
    <Section title="When you work" description={`By the start of the session, ${timeZone.replaceAll("_", " ")} time`}>
      <WeekHeatMap caption={`${label} by weekday and hour`} values={values} format={(value) => `${format(value)}${metric === "sessions" ? plural(value) : ""}`} />
      <div className="mt-3 flex flex-wrap items-center justify-between gap-2">
        <Select
          label="Figure of the heat map"
          className="w-32!"
          value={metric}
          onChange={(heat) => onSearch({ heat: heat === "sessions" ? undefined : heat })}
          options={METRICS.map((value) => ({ value, label: METRIC_WORDS[value].label }))}
        />
        <p aria-hidden className="flex items-center gap-1 text-2xs text-muted">
          Less
          {STEPS.map((step) => (
            <span key={step} className="size-3 rounded-[3px]" style={{ background: shade(step) }} />
          ))}
          More
        </p>
      </div>
    </Section>
  );
}

function plural(value: number): string {
  return value === 1 ? " session" : " sessions";
}
