// The Markdown parser's time grows with the square of the delimiters in a paragraph: 40 KB
// made for it freeze a page for ten seconds, and deep nesting overflows its stack.
const LENGTH_LIMIT = 40_000;
const DELIMITERS_LIMIT = 800;
// Code is cheap and full of delimiters; but what looks like code need not be parsed as such.
const FENCED_LIMIT = 6_000;
const DEPTH_LIMIT = 30;
/** Of all lines that are nested deeper than people do, together. */
const DEEP_LIMIT = 500;
const DEEP = 5;
// A table's short rows are filled up to its width: a few characters make thousands of cells.
const CELLS_LIMIT = 6_000;

const DELIMITER = /[*_~[\]<>]/g;
const FENCE = /^ {0,3}(?:`{3,}|~{3,})/;
const CONTAINERS = /^(?:[ \t]*(?:[-+*>]|\d{1,9}[.)])(?=[ \t>]|$))*[ \t]*/;
const CONTAINER = /[-+*>]|\d[.)]/g;
const TABLE_RULE = /^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*$/;

/** Whether a text had better be shown as typed. */
export function isCostlyMarkdown(text: string): boolean {
  if (text.length > LENGTH_LIMIT) return true;
  let isFenced = false;
  let delimiters = 0;
  let columns = 0;
  let cells = 0;
  let deep = 0;
  for (const line of text.split("\n")) {
    if (FENCE.test(line)) {
      isFenced = !isFenced;
      delimiters = 0;
      columns = 0;
    } else if (!isFenced && line.trim() === "") {
      delimiters = 0;
      columns = 0;
    } else {
      delimiters += count(line, DELIMITER);
      if (delimiters > (isFenced ? FENCED_LIMIT : DELIMITERS_LIMIT)) return true;
      if (isFenced) continue;
      const depth = depthOf(line);
      if (depth > DEEP) deep += depth;
      if (TABLE_RULE.test(line)) columns = Math.max(columns, line.split("|").length);
      cells += columns;
      if (depth > DEPTH_LIMIT || deep > DEEP_LIMIT || cells > CELLS_LIMIT) return true;
    }
  }
  return false;
}

function depthOf(line: string): number {
  const [opening = ""] = CONTAINERS.exec(line) ?? [];
  const indent = /^[ \t]*/.exec(line)?.[0].length ?? 0;
  return count(opening, CONTAINER) + indent / 4;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
