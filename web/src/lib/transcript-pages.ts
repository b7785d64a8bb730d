// A transcript is read page by page, and after that only what changed since.
import { type TranscriptMessage } from "./transcript";

export interface StoredMessage extends TranscriptMessage {
  externalId: string;
  seq: number;
}

export interface TranscriptPage {
  messages: StoredMessage[];
  cursor: string | null;
  watermark: string;
}

export interface Transcript {
  messages: readonly StoredMessage[];
  /** What changed after this moment of the server has not been read. */
  watermark: string;
  /** The reading that is under way: a page at a time, of what changed after `since`. */
  run: { since: string; after: string | null; watermark: string | null } | null;
}

const NOTHING: Transcript = { messages: [], watermark: "", run: null };
const FIRST_PAGE = 100;
const PAGE = 1_000;

/** Whether all messages have been read once. */
export function isWhole({ run, watermark }: Transcript): boolean {
  return watermark !== "" || run === null;
}

/** Takes up a reading that was cut off; otherwise begins one of what changed, or of everything. */
export function begun(known: Transcript = NOTHING): Transcript {
  return known.run ? known : { ...known, run: { since: known.watermark, after: null, watermark: null } };
}

/** What to ask for next. */
export function query({ run }: Transcript): string {
  const params = new URLSearchParams({ limit: String(run?.since === "" && run.after === null ? FIRST_PAGE : PAGE) });
  if (run?.since) params.set("since", run.since);
  if (run?.after) params.set("after", run.after);
  return params.toString();
}

export function withPage(transcript: Transcript, page: TranscriptPage): Transcript {
  const { run } = transcript;
  const messages = merged(transcript.messages, page.messages);
  // What changes while pages are read is younger than the first page's watermark.
  const watermark = run?.watermark ?? page.watermark;
  if (page.cursor === null) return { messages, watermark, run: null };
  return { messages, watermark: transcript.watermark, run: { since: run?.since ?? "", after: page.cursor, watermark } };
}

/** Messages keep their place by `createdAt`, `seq`, `id`; one that came again unchanged stays the same object. */
function merged(known: readonly StoredMessage[], fresh: readonly StoredMessage[]): readonly StoredMessage[] {
  const [first] = fresh;
  if (!first) return known;
  const last = known.at(-1);
  if (!last || byPlace(last, first) < 0) return [...known, ...fresh];
  const messages = new Map(known.map((message) => [message.id, message]));
  for (const message of fresh) {
    const before = messages.get(message.id);
    if (!before || JSON.stringify(before) !== JSON.stringify(message)) messages.set(message.id, message);
  }
  return [...messages.values()].sort(byPlace);
}

function byPlace(a: StoredMessage, b: StoredMessage): number {
  return a.createdAt - b.createdAt || a.seq - b.seq || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
