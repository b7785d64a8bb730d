import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { type ExportSelection, exportPath } from "@/lib/export-path";
import { sessionKeys } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";

import { type EvalsSearch, sessionFilterOf } from "../search-params";

export const EVAL_FORMATS = ["deepeval", "openai", "promptfoo", "filesystem", "text"] as const;
export type EvalFormat = (typeof EVAL_FORMATS)[number];
export type TurnMode = "per_turn" | "full" | "final";

/** What becomes a test case. */
export interface EvalOptions {
  turnMode: TurnMode;
  contextTurns: number;
  minLength: number;
  systemPrompts: boolean;
  codeOnly: boolean;
  anonymize: boolean;
}

export const DEFAULT_OPTIONS: EvalOptions = {
  turnMode: "per_turn",
  contextTurns: 10,
  minLength: 0,
  systemPrompts: false,
  codeOnly: false,
  anonymize: true,
};

export interface EvalPreview {
  sessions: number;
  testCases: number;
  skipped: number;
  bySource: Record<string, number>;
  byModel: Record<string, number>;
  byStatus: Record<string, number>;
  warnings: string[];
}

/** The chosen sessions, or all that the page lists. */
export function evalSelection(search: EvalsSearch, chosen: ReadonlySet<string>): ExportSelection {
  if (chosen.size > 0) return { ids: [...chosen] };
  const filter = sessionFilterOf(search);
  if (search.verdict === undefined) return { filter };
  return { filter: { ...filter, evalStatus: search.verdict === "unreviewed" ? "" : search.verdict } };
}

export function evalExportPath(selection: ExportSelection, format: EvalFormat, options: EvalOptions, raw: boolean): string {
  return exportPath("/api/export/evals", selection, { format, ...options, raw });
}

export function evalPreviewQuery(selection: ExportSelection, options: EvalOptions) {
  const url = exportPath("/api/export/evals/preview", selection, { ...options });
  return queryOptions({
    queryKey: [...sessionKeys.lists, "evals", "preview", url] as const,
    queryFn: ({ signal }) => sidecar<EvalPreview>(url, { signal }),
    placeholderData: keepPreviousData,
  });
}
