import { csvLine } from "@/lib/csv";

export type ExportFormat = "csv" | "json";

/** What a file holds of a session. */
export interface ExportRow {
  id: string;
  externalId: string;
  source: string;
  title: string;
  projectName: string;
  projectPath: string;
  model: string;
  provider: string;
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  cost: number;
  durationMs: number;
  messageCount: number;
  isPublic: boolean;
  publicSlug: string;
  evalReady: boolean;
  evalStatus: string;
  evalTags: string[] | null;
  createdAt: number;
  updatedAt: number;
}

type Column = [heading: string, field: keyof ExportRow, cell: (row: ExportRow) => string | number | boolean];

const COLUMNS: readonly Column[] = [
  ["Session ID", "id", (row) => row.id],
  ["External ID", "externalId", (row) => row.externalId],
  ["Source", "source", (row) => row.source],
  ["Title", "title", (row) => row.title],
  ["Project Name", "projectName", (row) => row.projectName],
  ["Project Path", "projectPath", (row) => row.projectPath],
  ["Model", "model", (row) => row.model],
  ["Provider", "provider", (row) => row.provider],
  ["Prompt Tokens", "promptTokens", (row) => row.promptTokens],
  ["Completion Tokens", "completionTokens", (row) => row.completionTokens],
  ["Total Tokens", "totalTokens", (row) => row.totalTokens],
  ["Cost", "cost", (row) => row.cost.toFixed(6)],
  ["Duration (ms)", "durationMs", (row) => row.durationMs],
  ["Message Count", "messageCount", (row) => row.messageCount],
  ["Is Public", "isPublic", (row) => row.isPublic],
  ["Public Slug", "publicSlug", (row) => row.publicSlug],
  ["Eval Ready", "evalReady", (row) => row.evalReady],
  ["Eval Status", "evalStatus", (row) => row.evalStatus],
  ["Tags", "evalTags", (row) => (row.evalTags ?? []).join("; ")],
  ["Created At", "createdAt", (row) => isoTime(row.createdAt)],
  ["Updated At", "updatedAt", (row) => isoTime(row.updatedAt)],
];

export const EXPORT_FIELDS = COLUMNS.map(([, field]) => field).join(",");

export function exportFile(rows: readonly ExportRow[], format: ExportFormat, now: number): { name: string; blob: Blob } {
  const name = `opensync_sessions_${isoTime(now).slice(0, 10)}.${format}`;
  if (format === "json") return { name, blob: new Blob([toJson(rows)], { type: "application/json" }) };
  return { name, blob: new Blob(toCsv(rows), { type: "text/csv;charset=utf-8" }) };
}

/** Line by line: one text of a hundred thousand rows would be in memory twice. */
export function toCsv(rows: readonly ExportRow[]): string[] {
  return [csvLine(COLUMNS.map(([heading]) => heading)), ...rows.map((row) => csvLine(COLUMNS.map(([, , cell]) => cell(row))))];
}

export function toJson(rows: readonly ExportRow[]): string {
  const sessions = rows.map((row) => ({
    ...Object.fromEntries(COLUMNS.map(([, field]) => [field, row[field]])),
    evalTags: row.evalTags ?? [],
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
  }));
  return `${JSON.stringify(sessions, null, 2)}\n`;
}

/** Sources send odd times; none of them may end an export. */
function isoTime(at: number): string {
  const date = new Date(at);
  return at > 0 && !Number.isNaN(date.getTime()) ? date.toISOString() : "";
}
