import { type Entry } from "./conversation";
import { firstLine } from "./text";
import { type Block } from "./transcript";

export interface OutlineItem {
  entry: number;
  /** 0 is what the user asked; headings of the answers follow from 1. */
  level: number;
  text: string;
}

const FENCE = /^ {0,3}(?:`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,3}) +(.+?)#* *$/;
const HEADINGS_LIMIT = 30;

/** What a reader jumps to: each question, and the headings of what came back. */
export function outlineOf(entries: readonly Entry[]): OutlineItem[] {
  return entries.flatMap(({ message, blocks }, entry) => {
    if (message.role === "user") {
      const text = blocks.map(promptOf).find((line) => line !== "");
      return text === undefined ? [] : [{ entry, level: 0, text }];
    }
    if (message.role !== "assistant") return [];
    return blocks.flatMap(headingsOf).slice(0, HEADINGS_LIMIT).map((heading) => ({ entry, ...heading }));
  });
}

/** The last item that stands before or at this entry. */
export function currentItem(items: readonly OutlineItem[], entry: number): number {
  return items.findLastIndex((item) => item.entry <= entry);
}

function promptOf(block: Block): string {
  return block.kind === "text" ? firstLine(block.text, 120) : "";
}

function headingsOf(block: Block): { level: number; text: string }[] {
  if (block.kind !== "text" || !block.text.includes("#")) return [];
  const headings: { level: number; text: string }[] = [];
  let isFenced = false;
  for (const line of block.text.split("\n")) {
    if (FENCE.test(line)) isFenced = !isFenced;
    const match = isFenced || line.length > 400 ? null : HEADING.exec(line);
    if (match) headings.push({ level: match[1]?.length ?? 1, text: firstLine((match[2] ?? "").replace(/[*_`]/g, "").trim(), 120) });
  }
  return headings;
}
