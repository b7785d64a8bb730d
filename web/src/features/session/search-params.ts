import { textParam } from "@/lib/search-params";

export interface SessionSearch {
  /** The message to open at. */
  m?: string;
}

/** What the address bar may say about this page; anything else is dropped. */
export function parseSessionSearch(search: Record<string, unknown>): SessionSearch {
  return { m: textParam(search.m, 30) };
}
