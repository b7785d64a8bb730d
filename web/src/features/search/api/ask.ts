import { ApiError } from "@/lib/errors";
import { serverSentEvents } from "@/lib/server-sent-events";
import { answered } from "@/lib/sidecar";

import { activeFilters, type SearchParams } from "../search-params";

/** A message that the answer may rest on; `n` is its number in the text. */
export interface AskSource {
  n: number;
  sessionId: string;
  messageId: string;
  title: string | null;
  source: string | null;
  projectName: string | null;
  createdAt: number;
  snippet: string;
}

export type AskEvent =
  | { kind: "sources"; sources: AskSource[] }
  | { kind: "delta"; text: string }
  | { kind: "done"; citations: number[] };

/** Asks the server's chat model about past sessions. Throws an `ApiError`, also in the midst of an answer. */
export async function* ask(params: SearchParams, signal: AbortSignal): AsyncGenerator<AskEvent> {
  const filters = Object.fromEntries(activeFilters(params).map((name) => [name, params[name]]));
  const response = await answered("/api/ask", { method: "POST", body: { q: params.q, ...filters }, signal });
  if (!response.body) throw new ApiError("server");
  for await (const { event, data } of serverSentEvents(response.body)) {
    const value = JSON.parse(data) as Record<string, unknown>;
    if (event === "error") throw new ApiError("server", String(value.error));
    if (event === "sources" || event === "delta" || event === "done") yield { kind: event, ...value } as AskEvent;
  }
}
