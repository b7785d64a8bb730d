import { useMemo } from "react";

import { Section } from "@/components/layouts/page";
import { ratio, type Totals, totalsOf } from "@/lib/analytics";
import { formatCompact, formatCost, formatDuration, formatInteger } from "@/lib/format";

import { type Figures } from "../use-figures";

interface Line {
  label: string;
  text: (totals: Totals) => string;
}

const costExactly = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", minimumFractionDigits: 4, maximumFractionDigits: 4 });
const oneDecimal = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

// Of sums, never averages of averages.
const LINES: readonly Line[] = [
  { label: "Cost per session", text: ({ cost, sessions }) => formatCost(ratio(cost, sessions)) },
  { label: "Cost per 1K tokens", text: ({ cost, totalTokens }) => costExactly.format(ratio(cost, totalTokens) * 1000) },
  { label: "Prompt to completion", text: promptToCompletion },
  { label: "Tokens per message", text: ({ totalTokens, messages }) => formatInteger(ratio(totalTokens, messages)) },
  { label: "Tokens per session", text: ({ totalTokens, sessions }) => formatCompact(Math.round(ratio(totalTokens, sessions))) },
  { label: "Prompt per session", text: ({ promptTokens, sessions }) => formatCompact(Math.round(ratio(promptTokens, sessions))) },
  { label: "Completion per session", text: ({ completionTokens, sessions }) => formatCompact(Math.round(ratio(completionTokens, sessions))) },
  { label: "Messages per session", text: ({ messages, sessions }) => oneDecimal.format(ratio(messages, sessions)) },
  { label: "Time per session", text: ({ durationMs, sessions }) => formatDuration(ratio(durationMs, sessions)) },
  { label: "Read from cache", text: ({ cacheReadTokens }) => formatCompact(cacheReadTokens) },
];

function promptToCompletion({ promptTokens, completionTokens }: Totals): string {
  return completionTokens > 0 ? `${(promptTokens / completionTokens).toFixed(2)} : 1` : "–";
}

export function Efficiency({ figures: { usage, rows } }: { figures: Figures }) {
  const totals = useMemo(() => totalsOf(usage, rows), [usage, rows]);
  return (
    <Section title="Efficiency">
      <dl className="nums -my-1.5 grid gap-x-8 text-[0.8125rem] sm:grid-cols-2">
        {LINES.map(({ label, text }) => (
          <div key={label} className="-mb-px flex justify-between gap-4 border-b border-line py-1.5">
            <dt className="text-muted">{label}</dt>
            <dd className="font-medium">{text(totals)}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
