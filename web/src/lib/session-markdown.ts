import { blocksOf, pretty, type TranscriptMessage } from "./transcript";

export interface MarkdownSession {
  title: string;
  projectPath: string;
  model: string;
  totalTokens: number;
  cost: number;
  createdAt: number;
}

/** A session as one Markdown document, as people know it from OpenSync's exports. */
export function sessionMarkdown(session: MarkdownSession, messages: readonly TranscriptMessage[]): string {
  const rows = [
    ["Project", session.projectPath || "N/A"],
    ["Model", session.model || "N/A"],
    ["Tokens", session.totalTokens.toLocaleString()],
    ["Cost", `$${session.cost.toFixed(4)}`],
    ["Date", new Date(session.createdAt).toLocaleString()],
  ];
  return [
    `# ${oneLine(session.title) || "Untitled Session"}`,
    "",
    "| Property | Value |",
    "|----------|-------|",
    ...rows.map(([name, value]) => `| ${name} | ${cell(value ?? "")} |`),
    "",
    "---",
    "",
    ...messages.flatMap(messageLines),
  ].join("\n");
}

function messageLines(message: TranscriptMessage): string[] {
  const lines = blocksOf(message).flatMap((block): string[] => {
    switch (block.kind) {
      case "text":
        return [block.text, ""];
      case "tool-call":
        return [`**Tool: ${oneLine(block.name)}**`, "", ...fenced(pretty(block.args), "json"), ...(block.result ? resultLines(block.result.text) : [])];
      case "tool-result":
        return resultLines(block.text);
      default:
        return [];
    }
  });
  return [`## ${message.role === "user" ? "User" : "Assistant"}`, "", ...lines];
}

function resultLines(text: string): string[] {
  return ["**Result:**", "", ...fenced(text)];
}

/** A fence longer than any within, so that the text cannot end it. */
function fenced(text: string, language = ""): string[] {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, text, fence, ""];
}

function cell(text: string): string {
  return oneLine(text).replaceAll("|", "\\|");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** The name of the file, without its ending: what file systems refuse is replaced. */
export function exportName(title: string, now: number): string {
  const base = oneLine(title || "session")
    .replace(/[/\\?%*:|"<>]/g, "-")
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/\s+/g, "_");
  return `${base.slice(0, 100)}_${new Date(now).toISOString().slice(0, 10)}`;
}
