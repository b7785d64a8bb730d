// A transcript as it is read: results stand with the calls they answer.
import { type Block, blocksOf, type ToolCall, type TranscriptMessage } from "./transcript";

export interface Entry<M extends TranscriptMessage = TranscriptMessage> {
  message: M;
  blocks: readonly Block[];
}

export interface Conversation<M extends TranscriptMessage = TranscriptMessage> {
  entries: readonly Entry<M>[];
  /** Where each message is shown; one that only brought results is shown with the calls. */
  indexOf: ReadonlyMap<string, number>;
}

/**
 * Remembers the blocks of messages and the entries that stay the same, so that a
 * message that arrives costs no more than itself, and what is on screen is not drawn anew.
 */
export class Reader<M extends TranscriptMessage> {
  readonly #blocks = new WeakMap<M, Block[]>();
  #entries = new Map<string, Entry<M>>();

  read(messages: readonly M[]): Conversation<M> {
    const drafts = pair(messages.map((message) => ({ message, blocks: this.#blocksOf(message) })));
    const entries: Entry<M>[] = [];
    const indexOf = new Map<string, number>();
    const known = new Map<string, Entry<M>>();
    for (const { message, blocks, host } of drafts) {
      if (host !== undefined) {
        indexOf.set(message.id, indexOf.get(host) ?? 0);
        continue;
      }
      const before = this.#entries.get(message.id);
      const entry = before && isSame(before, message, blocks) ? before : { message, blocks };
      known.set(message.id, entry);
      indexOf.set(message.id, entries.length);
      entries.push(entry);
    }
    this.#entries = known;
    return { entries, indexOf };
  }

  #blocksOf(message: M): Block[] {
    const blocks = this.#blocks.get(message) ?? blocksOf(message);
    this.#blocks.set(message, blocks);
    return blocks;
  }
}

interface Draft<M> {
  message: M;
  blocks: Block[];
  /** The message that shows all of this one. */
  host?: string;
}

function pair<M extends TranscriptMessage>(messages: readonly { message: M; blocks: Block[] }[]): Draft<M>[] {
  const byId = new Map<string, { call: ToolCall; owner: string }>();
  let open: { call: ToolCall; owner: string }[] = [];
  return messages.map(({ message, blocks: brought }) => {
    // Results without an id answer, in order, what the same message asked for, or the one before
    // if this one brings nothing but results.
    const answersOnly = brought.length > 0 && brought.every((block) => block.kind === "tool-result");
    if (!answersOnly) open = [];
    const blocks: Block[] = [];
    let host: string | undefined;
    for (const block of brought) {
      if (block.kind === "tool-call") {
        const call: ToolCall = { ...block };
        const asked = { call, owner: message.id };
        if (block.callId !== undefined) byId.set(block.callId, asked);
        open.push(asked);
        blocks.push(call);
      } else if (block.kind === "tool-result") {
        const named = block.callId === undefined ? undefined : byId.get(block.callId);
        const asked = named ?? open.find(({ call }) => !call.result);
        if (asked && !asked.call.result) {
          asked.call.result = block;
          host = asked.owner;
        } else {
          blocks.push(block);
        }
      } else {
        blocks.push(block);
      }
    }
    return { message, blocks, host: blocks.length === 0 && host !== message.id ? host : undefined };
  });
}

function isSame<M extends TranscriptMessage>(entry: Entry<M>, message: M, blocks: readonly Block[]): boolean {
  const isSameBlock = (block: Block, index: number) => {
    const other = blocks[index];
    // A call is copied to be given its result.
    return block.kind === "tool-call" && other?.kind === "tool-call" ? block.result === other.result : block === other;
  };
  return entry.message === message && entry.blocks.length === blocks.length && entry.blocks.every(isSameBlock);
}
