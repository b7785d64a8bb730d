import { countTick } from "@/components/charts/count-tick";
import { type Dimension } from "@/lib/analytics";
import { providerLabel } from "@/lib/analytics-providers";
import { formatCompact, formatCost, formatDuration, formatInteger } from "@/lib/format";
import { sourceOf } from "@/lib/sources";

import { type Metric } from "./search-params";

interface MetricWords {
  label: string;
  format: (value: number) => string;
  formatShort: (value: number) => string;
}

const shortDollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", notation: "compact", maximumFractionDigits: 1 });

export const METRIC_WORDS: Record<Metric, MetricWords> = {
  totalTokens: { label: "Tokens", format: formatInteger, formatShort: countTick },
  cost: { label: "Cost", format: formatCost, formatShort: (value) => shortDollars.format(value) },
  sessions: { label: "Sessions", format: formatInteger, formatShort: countTick },
  messages: { label: "Messages", format: formatInteger, formatShort: countTick },
  durationMs: { label: "Time", format: formatDuration, formatShort: hours },
};

function hours(ms: number): string {
  return `${formatCompact(Math.round(ms / 360_000) / 10)}h`;
}

/** A name as people read it; what the agents did not say has words, too. */
export function nameLabel(dimension: Dimension, name: string): string {
  switch (dimension) {
    case "source":
      return sourceOf(name).label;
    case "provider":
      return providerLabel(name) || "Unknown provider";
    case "model":
      return name || "Unknown model";
    case "project":
      return name || "No project";
  }
}

export function count(value: number, one: string): string {
  return `${formatInteger(value)} ${value === 1 ? one : `${one}s`}`;
}
