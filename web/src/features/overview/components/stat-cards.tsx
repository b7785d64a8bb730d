import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo } from "react";

import { Sparkline } from "@/components/charts/sparkline";
import { Skeleton } from "@/components/ui/skeleton";
import { type Dimension, groupsOf, growth, type Measure, MEASURES, measuresOf, namesOf, ratio, type Totals, totalsOf } from "@/lib/analytics";
import { lengthOf } from "@/lib/analytics-calendar";
import { formatCompact, formatCost, formatDuration, formatInteger } from "@/lib/format";

import { grainOf } from "../period";
import { type Figures } from "../use-figures";

import { Exact } from "./exact";

interface Card {
  label: string;
  of: (totals: Totals) => number;
  format: (value: number) => string;
  formatExact: (value: number) => string;
  hint: (totals: Totals, context: Context) => string;
  /** Its course over time, where it has one. */
  spark: (courses: Courses) => readonly number[] | undefined;
}

/** What a card may tell besides. */
interface Context {
  days: number;
  /** The names with the most tokens. */
  model: string | undefined;
  project: string | undefined;
}

/** Values over time, for the sparklines. */
type Courses = Record<"model" | "project", readonly number[]> & { of: (measure: Measure) => readonly number[] | undefined };

const CARDS: readonly Card[] = [
  {
    label: "Sessions",
    of: (totals) => totals.sessions,
    format: formatInteger,
    formatExact: formatInteger,
    hint: ({ sessions }, { days }) => `${rate(sessions / days)} a day`,
    spark: ({ of }) => of("sessions"),
  },
  {
    label: "Tokens",
    of: (totals) => totals.totalTokens,
    format: formatCompact,
    formatExact: formatInteger,
    hint: ({ promptTokens, completionTokens }) => `${formatCompact(promptTokens)} in · ${formatCompact(completionTokens)} out`,
    spark: ({ of }) => of("totalTokens"),
  },
  {
    label: "Cost",
    of: (totals) => totals.cost,
    format: formatCost,
    formatExact: formatCost,
    hint: ({ cost, sessions }) => `${formatCost(ratio(cost, sessions))} per session`,
    spark: ({ of }) => of("cost"),
  },
  {
    label: "Time",
    of: (totals) => totals.durationMs,
    format: formatDuration,
    formatExact: (value) => `${formatInteger(value / 1000)} s`,
    hint: ({ durationMs, sessions }) => `${formatDuration(ratio(durationMs, sessions))} per session`,
    spark: ({ of }) => of("durationMs"),
  },
  {
    label: "Messages",
    of: (totals) => totals.messages,
    format: formatCompact,
    formatExact: formatInteger,
    hint: ({ messages, sessions }) => `${decimal(ratio(messages, sessions))} per session`,
    spark: ({ of }) => of("messages"),
  },
  {
    label: "Active days",
    of: (totals) => totals.activeDays,
    format: formatInteger,
    formatExact: formatInteger,
    hint: (_, { days }) => `of ${formatInteger(days)}`,
    spark: ({ of }) => of("sessions")?.map((sessions) => Math.min(1, sessions)),
  },
  {
    label: "Models",
    of: (totals) => totals.models,
    format: formatInteger,
    formatExact: formatInteger,
    hint: (_, { model }) => (model ? `most ${model}` : "none known"),
    spark: ({ model }) => model,
  },
  {
    label: "Projects",
    of: (totals) => totals.projects,
    format: formatInteger,
    formatExact: formatInteger,
    hint: (_, { project }) => (project ? `most ${project}` : "none known"),
    spark: ({ project }) => project,
  },
];

const oneDecimal = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
function decimal(value: number): string {
  return oneDecimal.format(value);
}

/** A little is not nothing. */
function rate(value: number): string {
  return value > 0 && value < 0.1 ? "< 0.1" : decimal(value);
}

export function StatCards({ figures }: { figures: Figures | undefined }) {
  return (
    <dl aria-label="Totals" aria-busy={!figures} className="card grid grid-cols-2 overflow-hidden lg:grid-cols-4">
      {figures ? <LoadedCards figures={figures} /> : CARDS.map(({ label }) => <LoadingCard key={label} label={label} />)}
    </dl>
  );
}

function LoadedCards({ figures }: { figures: Figures }) {
  const { usage, rows, before, period } = figures;
  const totals = useMemo(() => totalsOf(usage, rows), [usage, rows]);
  const former = useMemo(() => before && totalsOf(usage, before), [usage, before]);
  const courses = useMemo(() => coursesOf(figures), [figures]);
  const context = useMemo(() => contextOf(figures), [figures]);
  return CARDS.map(({ label, of, format, formatExact, hint, spark }) => {
    const value = of(totals);
    return (
      <div key={label} className={cardClass}>
        <dt className="flex items-baseline justify-between gap-2 text-[0.8125rem] text-muted">
          {label}
          {former && <Change value={growth(value, of(former))} days={lengthOf(period)} />}
        </dt>
        <dd className="nums mt-1 text-2xl font-semibold tracking-tight">
          <Exact value={value} title={formatExact(value)}>
            {format(value)}
          </Exact>
        </dd>
        <dd className="nums mt-0.5 truncate text-xs text-muted">{hint(totals, context)}</dd>
        <dd className="mt-2">
          <Sparkline values={spark(courses) ?? []} />
        </dd>
      </div>
    );
  });
}

function coursesOf({ usage, rows, period }: Figures): Courses {
  const grain = grainOf(period, undefined);
  const { lines } = measuresOf(usage, rows, { period, grain, measures: MEASURES });
  const names = (dimension: Dimension) => namesOf(usage, rows, { period, grain, dimension });
  return { model: names("model"), project: names("project"), of: (measure) => lines.find(({ name }) => name === measure)?.values };
}

function contextOf({ usage, rows, period }: Figures): Context {
  const most = (dimension: Dimension) => groupsOf(usage, rows, dimension).find(({ name }) => name !== "")?.name;
  return { days: lengthOf(period), model: most("model"), project: most("project") };
}

/** Against as many days before. More is neither good nor bad here, so it has no color. */
function Change({ value, days }: { value: number | undefined; days: number }) {
  if (value === undefined || Math.abs(value) < 0.005) return null;
  const Icon = value > 0 ? ArrowUp : ArrowDown;
  const percent = `${formatInteger(Math.abs(value) * 100)}%`;
  return (
    <span className="nums inline-flex items-center gap-0.5 text-xs" title={`Compared with the ${days} days before`}>
      <Icon aria-hidden className="size-3" />
      {percent}
      <span className="sr-only">
        {value > 0 ? "more" : "less"} than in the {days} days before
      </span>
    </span>
  );
}

function LoadingCard({ label }: { label: string }) {
  return (
    <div className={cardClass}>
      <dt className="text-[0.8125rem] text-muted">{label}</dt>
      <dd className="mt-2">
        <Skeleton className="h-6 w-24" />
        <Skeleton className="mt-2.5 h-3 w-28" />
      </dd>
    </div>
  );
}

// Each draws its own left and top line; the container cuts off the outermost ones.
const cardClass = "-mt-px -ml-px min-w-0 border-t border-l border-line p-4 md:px-5";
