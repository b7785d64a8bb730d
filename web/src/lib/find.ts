// Searching a whole transcript, also what is not drawn.
import { type Entry } from "./conversation";
import { plainText } from "./text";
import { searchableText, toolView } from "./tools";
import { type Block, pretty } from "./transcript";

/** A block with the words in it. */
export interface Place {
  entry: number;
  block: number;
  count: number;
  /** How many hits there are in all places before. */
  before: number;
}

export interface Found {
  total: number;
  places: readonly Place[];
}

export const NOTHING: Found = { total: 0, places: [] };

/** Remembers the searchable text of each block, so that the next letter typed costs a scan only. */
export class Finder {
  readonly #texts = new WeakMap<Block, string>();

  find(entries: readonly Entry[], query: string): Found {
    const wanted = folded(query);
    if (wanted === "") return NOTHING;
    const places: Place[] = [];
    let total = 0;
    entries.forEach(({ blocks }, entry) => {
      blocks.forEach((block, index) => {
        const count = countOf(this.#textOf(block), wanted);
        if (count === 0) return;
        places.push({ entry, block: index, count, before: total });
        total += count;
      });
    });
    return { total, places };
  }

  #textOf(block: Block): string {
    const known = this.#texts.get(block) ?? folded(textOf(block));
    this.#texts.set(block, known);
    return known;
  }
}

/** The place of the hit with this number, and which one it is there. */
export function placeOf(found: Found, position: number): { place: Place; ordinal: number } | undefined {
  const place = found.places.findLast((candidate) => candidate.before <= position);
  return place && { place, ordinal: position - place.before };
}

/** The first hit at or after an entry, so that a search begins where the reader is. */
export function firstFrom(found: Found, entry: number): number {
  return found.places.find((place) => place.entry >= entry)?.before ?? 0;
}

export function folded(text: string): string {
  return plainText(text).toLowerCase();
}

export function countOf(text: string, wanted: string): number {
  let count = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) count++;
  return count;
}

function textOf(block: Block): string {
  switch (block.kind) {
    case "text":
    case "thinking":
    case "tool-result":
      return block.text;
    case "tool-call":
      return `${searchableText(toolView(block))}\n${block.result?.text ?? ""}`;
    case "picture":
      return block.picture.src === undefined ? block.picture.note : "";
    case "other":
      return pretty(block.content);
  }
}
