import { dayParam } from "@/lib/days";
import { choiceParam, flagParam, listParam, oneOrMany, textParam } from "@/lib/search-params";

export const RANGES = ["7", "14", "30", "60", "90", "all", "custom"] as const;
export type Range = (typeof RANGES)[number];

export const METRICS = ["totalTokens", "cost", "sessions", "messages", "durationMs"] as const;
export type Metric = (typeof METRICS)[number];

export const STACKS = ["model", "project", "source", "provider", "kind"] as const;
export type Stack = (typeof STACKS)[number];

export const SPLITS = ["model", "provider", "source"] as const;
export type Split = (typeof SPLITS)[number];

export const PROJECT_ORDERS = ["name", "sessions", "messages", "totalTokens", "promptTokens", "completionTokens", "durationMs", "cost", "lastActive"] as const;
export type ProjectOrder = (typeof PROJECT_ORDERS)[number];
type SignedOrder = ProjectOrder | `-${ProjectOrder}`;

export const MIN_SESSIONS = ["2", "5", "10"] as const;
export const MIN_TOKENS = ["1000", "10000", "50000"] as const;

/** One name alone, or several. */
type Names = string | readonly string[];

/** What the address bar may say. What is absent is as usual, so that it never clutters the address. */
export interface OverviewSearch {
  range?: Range;
  /** Days of a custom range. */
  from?: string;
  to?: string;
  source?: Names;
  model?: Names;
  project?: Names;
  metric?: Metric;
  by?: "day" | "week" | "month";
  stack?: Stack;
  cumulative?: true;
  table?: true;
  /** Lines of the chart that the legend switched off. */
  hide?: string[];
  heat?: Metric;
  split?: Split;
  find?: string;
  order?: SignedOrder;
  minSessions?: (typeof MIN_SESSIONS)[number];
  minTokens?: (typeof MIN_TOKENS)[number];
}

const SIGNED_ORDERS: readonly SignedOrder[] = PROJECT_ORDERS.flatMap((order) => [order, `-${order}` as const]);

export function parseOverviewSearch(search: Record<string, unknown>): OverviewSearch {
  const params: OverviewSearch = {
    range: choiceParam(textParam(search.range), RANGES),
    from: dayParam(search.from),
    to: dayParam(search.to),
    source: oneOrMany(listParam(search.source)),
    model: oneOrMany(listParam(search.model)),
    project: oneOrMany(listParam(search.project)),
    metric: choiceParam(search.metric, METRICS),
    by: choiceParam(search.by, ["day", "week", "month"]),
    stack: choiceParam(search.stack, STACKS),
    cumulative: flagParam(search.cumulative),
    table: flagParam(search.table),
    hide: listParam(search.hide),
    heat: choiceParam(search.heat, METRICS),
    split: choiceParam(search.split, SPLITS),
    find: textParam(search.find),
    order: choiceParam(search.order, SIGNED_ORDERS),
    minSessions: choiceParam(textParam(search.minSessions), MIN_SESSIONS),
    minTokens: choiceParam(textParam(search.minTokens), MIN_TOKENS),
  };
  return present(params);
}

/** Without what is absent. */
export function present(search: OverviewSearch): OverviewSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}
