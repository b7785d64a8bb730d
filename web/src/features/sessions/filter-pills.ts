import { dayLabel } from "@/lib/days";
import { formatInteger } from "@/lib/format";
import { oneOrMany } from "@/lib/search-params";
import { type EvalStatus, toList } from "@/lib/session-filter";
import { sourceOf } from "@/lib/sources";

import { type FilterParams } from "./search-params";

export interface FilterPill {
  text: string;
  /** What taking it away changes in the address. */
  change: FilterParams;
}

export const EVAL_STATUS_LABELS: Record<EvalStatus, string> = {
  golden: "Golden",
  correct: "Correct",
  incorrect: "Incorrect",
  needs_review: "Needs review",
};

/** Everything off; what an absent name in a change leaves alone. */
export const NO_FILTER: Record<keyof FilterParams, undefined> = {
  q: undefined,
  source: undefined,
  model: undefined,
  projectName: undefined,
  provider: undefined,
  from: undefined,
  to: undefined,
  minTokens: undefined,
  maxTokens: undefined,
  maxMessages: undefined,
  untitled: undefined,
  zeroCost: undefined,
  isPublic: undefined,
  evalReady: undefined,
  evalStatus: undefined,
  tags: undefined,
};

/** What is filtered by, a word or two for each condition that can be taken away on its own. */
export function pillsOf(params: FilterParams): FilterPill[] {
  const pills: FilterPill[] = [];
  const add = (text: string | undefined, change: FilterParams) => {
    if (text !== undefined) pills.push({ text, change });
  };
  const without = <T>(value: T | readonly T[] | undefined, gone: T) => oneOrMany(toList(value).filter((other) => other !== gone));

  if (params.q) add(`“${params.q}”`, { q: undefined });
  for (const value of toList(params.source)) add(sourceOf(value).label, { source: without(params.source, value) });
  for (const value of toList(params.model)) add(`Model: ${value}`, { model: without(params.model, value) });
  for (const value of toList(params.projectName)) add(`Project: ${value}`, { projectName: without(params.projectName, value) });
  for (const value of toList(params.provider)) add(`Provider: ${value}`, { provider: without(params.provider, value) });
  add(dayLabel(params), { from: undefined, to: undefined });
  add(tokens(params), { minTokens: undefined, maxTokens: undefined });
  if (params.maxMessages !== undefined) add(`Fewer than ${formatInteger(params.maxMessages)} messages`, { maxMessages: undefined });
  if (params.untitled) add("No title", { untitled: undefined });
  if (params.zeroCost) add("Zero cost", { zeroCost: undefined });
  if (params.isPublic) add("Public", { isPublic: undefined });
  if (params.evalReady) add("Eval-ready", { evalReady: undefined });
  for (const value of toList(params.evalStatus)) add(EVAL_STATUS_LABELS[value], { evalStatus: without(params.evalStatus, value) });
  for (const value of params.tags ?? []) {
    const rest = params.tags?.filter((other) => other !== value) ?? [];
    add(`Tag: ${value}`, { tags: rest.length > 0 ? rest : undefined });
  }
  return pills;
}

function tokens({ minTokens, maxTokens }: FilterParams): string | undefined {
  if (minTokens !== undefined && maxTokens !== undefined) return `${formatInteger(minTokens)}–${formatInteger(maxTokens)} tokens`;
  if (minTokens !== undefined) return `At least ${formatInteger(minTokens)} tokens`;
  return maxTokens === undefined ? undefined : `At most ${formatInteger(maxTokens)} tokens`;
}
