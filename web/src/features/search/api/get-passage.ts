import { queryOptions } from "@tanstack/react-query";
import { type RecordModel } from "pocketbase";

import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { type TranscriptMessage, type TranscriptPart } from "@/lib/transcript";

const BEFORE = 4;
const AFTER = 12;

type MessageRecord = RecordModel &
  Omit<TranscriptMessage, "parts"> & {
    seq: number;
    expand?: { parts_via_message?: (RecordModel & TranscriptPart & { order: number })[] };
  };

export interface Passage {
  messages: TranscriptMessage[];
  /** Whether the session goes on beyond what is here. */
  hasMore: boolean;
}

/** The messages around one of a session, or its first ones where no message is named. */
export function passageOptions(sessionId: string, messageId: string | undefined) {
  return queryOptions({
    queryKey: ["passage", sessionId, messageId] as const,
    queryFn: ({ signal }) => getPassage(sessionId, messageId, signal),
    staleTime: 30_000,
  });
}

async function getPassage(session: string, messageId: string | undefined, signal: AbortSignal): Promise<Passage> {
  try {
    const inSession = pb.filter("session = {:session}", { session });
    if (messageId === undefined) return passageOf([], await list(inSession, FORWARD, AFTER + 1, signal));
    const hit = await pb.collection<MessageRecord>("messages").getOne(messageId, { signal });
    const place = { at: hit.createdAt, seq: hit.seq };
    const [before, after] = await Promise.all([
      list(`${inSession} && ${pb.filter("(createdAt < {:at} || (createdAt = {:at} && seq < {:seq}))", place)}`, BACKWARD, BEFORE, signal),
      list(`${inSession} && ${pb.filter("(createdAt > {:at} || (createdAt = {:at} && seq >= {:seq}))", place)}`, FORWARD, AFTER + 1, signal),
    ]);
    return passageOf(before.reverse(), after);
  } catch (error) {
    throw toApiError(error);
  }
}

function passageOf(before: MessageRecord[], after: MessageRecord[]): Passage {
  return { messages: [...before, ...after.slice(0, AFTER)].map(messageOf), hasMore: after.length > AFTER };
}

const FORWARD = "createdAt,seq,id";
const BACKWARD = "-createdAt,-seq,-id";

async function list(filter: string, sort: string, limit: number, signal: AbortSignal): Promise<MessageRecord[]> {
  const page = await pb
    .collection<MessageRecord>("messages")
    .getList(1, limit, { filter, sort, expand: "parts_via_message", skipTotal: true, signal });
  return page.items;
}

function messageOf(record: MessageRecord): TranscriptMessage {
  const parts = record.expand?.parts_via_message ?? [];
  return { ...record, parts: parts.toSorted((a, b) => a.order - b.order) };
}
