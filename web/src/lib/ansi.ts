import Anser from "anser";

import { plainText } from "./text";

export interface TerminalSpan {
  text: string;
  /** Classes of styles/markdown.css; "" for text without any. */
  className: string;
}

const ESCAPE = "\u001b";
// Everything but colours and weights: cursor, titles, links.
// eslint-disable-next-line no-control-regex
const NOT_STYLE = /\u001b\[[0-?]*[ -/]*[@-ln-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\^_]/g;
// Text made of nothing but colour changes would be a page of elements.
const SPANS_LIMIT = 4_000;
const COLORS = /^ansi-(?:bright-)?(?:black|red|green|yellow|blue|magenta|cyan|white)$/;

/**
 * Terminal output with its colours as class names. Only the sixteen named colours count, and never
 * a background: a transcript must not be able to hide its own text.
 */
export function terminalSpans(text: string): TerminalSpan[] {
  if (!text.includes(ESCAPE)) return [{ text: plainText(text), className: "" }];
  const chunks = Anser.ansiToJson(text.replace(NOT_STYLE, ""), {
    json: true,
    remove_empty: true,
    use_classes: true,
  });
  if (chunks.length > SPANS_LIMIT) return [{ text: plainText(text), className: "" }];
  const spans: TerminalSpan[] = [];
  for (const chunk of chunks) {
    const className = classOf(chunk);
    const last = spans.at(-1);
    const content = plainText(chunk.content);
    if (last?.className === className) last.text += content;
    else spans.push({ text: content, className });
  }
  return spans;
}

function classOf({ fg, decorations }: Anser.AnserJsonEntry): string {
  const names: string[] = [];
  // Anser says `null` where its types do not.
  if (typeof fg === "string" && COLORS.test(fg)) names.push(fg);
  for (const decoration of ["bold", "dim", "italic", "underline"] as const) {
    if (decorations.includes(decoration)) names.push(`ansi-${decoration}`);
  }
  return names.join(" ");
}
