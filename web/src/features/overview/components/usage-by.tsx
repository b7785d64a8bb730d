import { useMemo } from "react";

import { chartColor } from "@/components/charts/colors";
import { Donut } from "@/components/charts/donut";
import { Section } from "@/components/layouts/page";
import { SegmentedControl } from "@/components/ui/segmented-control";
import { type Group, groupsOf, ratio } from "@/lib/analytics";
import { formatCompact, formatCost, formatDuration, formatInteger } from "@/lib/format";

import { type OverviewSearch, type Split, SPLITS } from "../search-params";
import { type Figures } from "../use-figures";
import { count, nameLabel } from "../words";

import { Exact } from "./exact";

const SPLIT_LABELS: Record<Split, string> = { model: "Model", provider: "Provider", source: "Agent" };
const SLICES = 6;

interface UsageByProps {
  figures: Figures;
  search: OverviewSearch;
  onSearch: (change: OverviewSearch) => void;
}

export function UsageBy({ figures: { usage, rows }, search, onSearch }: UsageByProps) {
  const split = search.split ?? "model";
  const groups = useMemo(() => groupsOf(usage, rows, split), [usage, rows, split]);
  const total = groups.reduce((sum, { totalTokens }) => sum + totalTokens, 0);
  const noun = SPLIT_LABELS[split].toLowerCase();
  return (
    <Section title="Shares" description="Of all tokens in this period">
      <SegmentedControl
        label="Shares by"
        value={split}
        onChange={(value) => onSearch({ split: value === "model" ? undefined : value })}
        options={SPLITS.map((value) => ({ value, label: SPLIT_LABELS[value] }))}
      />
      {groups.length === 0 ? (
        <p className="py-12 text-center text-muted">No {noun} was used in this period.</p>
      ) : (
        <div className="mt-4 grid items-start gap-5 lg:grid-cols-[10rem_minmax(0,1fr)]">
          <Donut slices={slices(groups)}>
            <span>
              <span className="nums block text-lg font-semibold">{formatCompact(total)}</span>
              <span className="text-xs text-muted">{count(groups.length, noun)}</span>
            </span>
          </Donut>
          <ShareTable groups={groups} total={total} split={split} />
        </div>
      )}
    </Section>
  );
}

function slices(groups: readonly Group[]) {
  const largest = groups.slice(0, SLICES).map(({ name, totalTokens }, place) => ({ key: name, value: totalTokens, color: chartColor(place) }));
  const rest = groups.slice(SLICES).reduce((sum, { totalTokens }) => sum + totalTokens, 0);
  return [...largest, { key: "*", value: rest, color: chartColor(undefined) }];
}

function ShareTable({ groups, total, split }: { groups: readonly Group[]; total: number; split: Split }) {
  const title = `Usage by ${SPLIT_LABELS[split].toLowerCase()}`;
  const all = (of: (group: Group) => number) => groups.reduce((sum, group) => sum + of(group), 0);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard scrolls it, too
    <div role="region" aria-label={title} tabIndex={0} className="max-h-72 overflow-auto">
      <table className="nums w-full border-collapse text-right text-xs">
        <caption className="sr-only">{title}</caption>
        <thead className="sticky top-0 bg-surface text-muted">
          <tr>
            <th scope="col" className="py-1.5 pr-3 text-left font-medium">
              {SPLIT_LABELS[split]}
            </th>
            {["Share", "Sessions", "Prompt", "Completion", "Total", "Cost", "Avg. time"].map((head) => (
              <th key={head} scope="col" className={cell + " font-medium"}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group, place) => (
            <tr key={group.name} className="border-t border-line">
              <th scope="row" className="max-w-52 min-w-32 py-1.5 pr-3 text-left font-medium">
                <span className="flex items-center gap-2">
                  <span aria-hidden className="size-2.5 shrink-0 rounded-[3px]" style={{ background: chartColor(place < SLICES ? place : undefined) }} />
                  <span className="truncate" title={nameLabel(split, group.name)}>
                    {nameLabel(split, group.name)}
                  </span>
                </span>
              </th>
              <td className={cell}>{percent(ratio(group.totalTokens, total))}</td>
              <td className={cell}>
                <Exact value={group.sessions}>{formatInteger(group.sessions)}</Exact>
              </td>
              <TokenCell value={group.promptTokens} />
              <TokenCell value={group.completionTokens} />
              <TokenCell value={group.totalTokens} />
              <td className={cell}>
                <Exact value={group.cost}>{formatCost(group.cost)}</Exact>
              </td>
              <td className={cell}>{formatDuration(ratio(group.durationMs, group.sessions))}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="sticky bottom-0 bg-surface font-medium">
          <tr className="border-t border-line">
            <th scope="row" className="py-1.5 pr-3 text-left font-medium">
              All
            </th>
            <td className={cell} />
            <td className={cell}>{formatInteger(all((group) => group.sessions))}</td>
            <TokenCell value={all((group) => group.promptTokens)} />
            <TokenCell value={all((group) => group.completionTokens)} />
            <TokenCell value={total} />
            <td className={cell}>{formatCost(all((group) => group.cost))}</td>
            <td className={cell}>{formatDuration(ratio(all((group) => group.durationMs), all((group) => group.sessions)))}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function TokenCell({ value }: { value: number }) {
  return (
    <td className={cell}>
      <Exact value={value} title={formatInteger(value)}>
        {formatCompact(value)}
      </Exact>
    </td>
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
}

const cell = "px-2 py-1.5 whitespace-nowrap";
