import { diffLines, diffWordsWithSpace } from "diff";

export interface DiffWord {
  text: string;
  isChanged: boolean;
}

export interface DiffLine {
  kind: "same" | "added" | "removed" | "note";
  /** The line in pieces, so that the changed words can stand out. */
  words: readonly DiffWord[];
}

// Comparing takes the square of what differs; beyond this the two stand one after the other.
const PATIENCE_MS = 150;
const EDITS_LIMIT = 4_000;
const WORDS_LIMIT = 400;
/** Unchanged lines kept around a change. */
const CONTEXT = 4;

export function diffOf(before: string, after: string): DiffLine[] {
  const changes = diffLines(ended(before), ended(after), { timeout: PATIENCE_MS, maxEditLength: EDITS_LIMIT });
  if (!changes) return [...linesOf(before, "removed"), ...linesOf(after, "added")];
  const lines: DiffLine[] = [];
  changes.forEach((change, index) => {
    const next = changes[index + 1];
    const previous = changes[index - 1];
    if (change.removed && next?.added) lines.push(...replaced(change.value, next.value));
    else if (change.removed) lines.push(...linesOf(change.value, "removed"));
    else if (change.added && !previous?.removed) lines.push(...linesOf(change.value, "added"));
    else if (!change.added) lines.push(...shortened(linesOf(change.value, "same"), index > 0, next !== undefined));
  });
  return lines;
}

/** A unified patch, or one in the form that agents use, line by line. */
export function linesOfPatch(patch: string): DiffLine[] {
  return split(patch).map((line) => {
    const isHeader = /^(?:---|\+\+\+|@@|\*\*\*|diff |index )/.test(line);
    const kind = isHeader ? "note" : line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "same";
    return lineOf(isHeader ? line : line.replace(/^[+\- ]/, ""), kind);
  });
}

export function countsOf(lines: readonly DiffLine[]): { added: number; removed: number } {
  const count = (kind: DiffLine["kind"]) => lines.filter((line) => line.kind === kind).length;
  return { added: count("added"), removed: count("removed") };
}

/** Where as many lines came as went, the words that changed in each are told. */
function replaced(before: string, after: string): DiffLine[] {
  const old = split(before);
  const fresh = split(after);
  if (old.length !== fresh.length || old.length > 30) return [...linesOf(before, "removed"), ...linesOf(after, "added")];
  const pairs = old.map((line, index) => wordsOf(line, fresh[index] ?? ""));
  return [...pairs.map(([removed]) => removed), ...pairs.map(([, added]) => added)];
}

function wordsOf(before: string, after: string): [DiffLine, DiffLine] {
  const isShort = before.length < WORDS_LIMIT && after.length < WORDS_LIMIT;
  const changes = isShort ? diffWordsWithSpace(before, after) : [];
  // Lines with little in common are easier to read whole.
  const shared = changes.filter((change) => !change.added && !change.removed).reduce((sum, change) => sum + change.value.trim().length, 0);
  if (shared * 3 < Math.max(before.trim().length, after.trim().length)) return [lineOf(before, "removed"), lineOf(after, "added")];
  const words = (side: "added" | "removed") =>
    changes.filter((change) => change[side] || !(change.added || change.removed)).map((change) => ({ text: change.value, isChanged: change[side] }));
  return [{ kind: "removed", words: words("removed") }, { kind: "added", words: words("added") }];
}

function shortened(lines: DiffLine[], keepsStart: boolean, keepsEnd: boolean): DiffLine[] {
  const start = keepsStart ? CONTEXT : 0;
  const end = keepsEnd ? CONTEXT : 0;
  const hidden = lines.length - start - end;
  if (hidden < 4) return lines;
  return [...lines.slice(0, start), lineOf(`${hidden} unchanged lines`, "note"), ...lines.slice(lines.length - end)];
}

function linesOf(text: string, kind: DiffLine["kind"]): DiffLine[] {
  return split(text).map((line) => lineOf(line, kind));
}

function lineOf(text: string, kind: DiffLine["kind"]): DiffLine {
  return { kind, words: [{ text, isChanged: false }] };
}

function split(text: string): string[] {
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
