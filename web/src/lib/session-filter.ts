import { escapeLike, pb } from "./pocketbase";

export const EVAL_STATUSES = ["golden", "correct", "incorrect", "needs_review"] as const;
export type EvalStatus = (typeof EVAL_STATUSES)[number];

/** One value, or several of which any will do. */
type Choice<T extends string = string> = T | readonly T[];

/**
 * Which sessions are meant; all conditions hold at once. The sidecar takes the same object for
 * what is done to all sessions that match, so it must mean there what it means here.
 */
export interface SessionFilter {
  source?: Choice;
  model?: Choice;
  /** Or the path of the project, where it has no name. */
  projectName?: Choice;
  provider?: Choice;
  /** Of `updatedAt`, Unix milliseconds, both inclusive. */
  from?: number;
  to?: number;
  /** Of `createdAt`, as `from` and `to`. */
  createdFrom?: number;
  createdTo?: number;
  minTokens?: number;
  maxTokens?: number;
  /** Fewer messages than this. */
  maxMessages?: number;
  untitled?: true;
  zeroCost?: true;
  isPublic?: true;
  evalReady?: true;
  evalStatus?: Choice<EvalStatus>;
  /** Any of them. */
  tags?: readonly string[];
  /** Contained in the title. */
  q?: string;
}

/** The filter in PocketBase's language; "" when everything is meant. */
export function pocketBaseFilter(filter: SessionFilter): string {
  const terms = [
    anyOf("source = {:value}", filter.source),
    anyOf("model = {:value}", filter.model),
    anyOf('(projectName = {:value} || (projectName = "" && projectPath = {:value}))', filter.projectName),
    anyOf("provider = {:value}", filter.provider),
    bound("updatedAt >= {:value}", filter.from),
    bound("updatedAt <= {:value}", filter.to),
    bound("createdAt >= {:value}", filter.createdFrom),
    bound("createdAt <= {:value}", filter.createdTo),
    bound("totalTokens >= {:value}", filter.minTokens),
    bound("totalTokens <= {:value}", filter.maxTokens),
    bound("messageCount < {:value}", filter.maxMessages),
    filter.untitled && 'title = ""',
    filter.zeroCost && "cost = 0",
    filter.isPublic && "isPublic = true",
    filter.evalReady && "evalReady = true",
    anyOf("evalStatus = {:value}", filter.evalStatus),
    // Tags are a JSON list of texts: a tag is found with its quotes, and so only whole.
    anyOf("evalTags ~ {:value}", filter.tags?.map((tag) => escapeLike(JSON.stringify(tag)))),
    filter.q && bound("title ~ {:value}", escapeLike(filter.q)),
  ];
  return terms.filter(Boolean).join(" && ");
}

export function isFiltered(filter: SessionFilter): boolean {
  return pocketBaseFilter(filter) !== "";
}

function bound(term: string, value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : pb.filter(term, { value });
}

function anyOf(term: string, values: Choice | undefined): string | undefined {
  const terms = toList(values).map((value) => pb.filter(term, { value }));
  return terms.length > 1 ? `(${terms.join(" || ")})` : terms[0];
}

export function toList<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
