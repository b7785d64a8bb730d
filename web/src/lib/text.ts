// CSI sequences (colours, cursor), OSC sequences (titles, links), then two-character escapes.
// eslint-disable-next-line no-control-regex
const ANSI = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\^_]/g;
// Control characters other than tab and line breaks, and marks that reorder text around them.
// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g;

/** Terminal output as it would read, without what could colour, hide or reorder it. */
export function plainText(text: string): string {
  return text.replace(ANSI, "").replace(/\r\n?/g, "\n").replace(INVISIBLE, "");
}

/** The beginning of a text, at a line's end where one is near, never inside a surrogate pair. */
export function excerpt(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const lineEnd = text.lastIndexOf("\n", limit);
  if (lineEnd > limit * 0.8) return text.slice(0, lineEnd);
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}

/** One line for a heading: the first that says something. */
export function firstLine(text: string, limit = 160): string {
  const line = plainText(text.slice(0, 4 * limit)).trimStart().split("\n", 1)[0] ?? "";
  return line.length > limit ? `${excerpt(line, limit)}…` : line;
}

/** What a session is called where it is named; a title may hold anything. */
export function sessionTitle(title: string | null | undefined): string {
  return firstLine(title ?? "", 1000) || "Untitled session";
}
