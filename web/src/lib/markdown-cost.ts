// The Markdown parser's time grows with the square of the delimiters in a paragraph: 40 KB
// made for it freeze a page for ten seconds, and deep nesting overflows its stack.
const LENGTH_LIMIT = 40_000;
const DELIMITERS_LIMIT = 1_500;
// Code is cheap and full of delimiters; but what looks like code need not be parsed as such.
const FENCED_LIMIT = 6_000;

const DELIMITER = /[*_~[\]<>]/g;
const FENCE = /^ {0,3}(?:`{3,}|~{3,})/;

/** Whether a text had better be shown as typed. */
export function isCostlyMarkdown(text: string): boolean {
  if (text.length > LENGTH_LIMIT) return true;
  let isFenced = false;
  let count = 0;
  for (const line of text.split("\n")) {
    if (FENCE.test(line)) {
      isFenced = !isFenced;
      count = 0;
    } else if (!isFenced && line.trim() === "") {
      count = 0;
    } else {
      count += line.match(DELIMITER)?.length ?? 0;
      if (count > (isFenced ? FENCED_LIMIT : DELIMITERS_LIMIT)) return true;
    }
  }
  return false;
}
