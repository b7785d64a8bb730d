// Every agent names its tools and their arguments in its own way. What a call does is told by
// its arguments; the name only decides where these leave it open.
import { parsed, pretty, type ToolCall } from "./transcript";
import { firstString, isObject, type Untyped } from "./untyped";

export interface Todo {
  text: string;
  status: "pending" | "in_progress" | "completed";
}

export interface Change {
  before: string;
  after: string;
}

export type ToolView =
  | { kind: "shell"; command: string; note: string }
  | { kind: "edit"; path: string; changes: readonly Change[] }
  | { kind: "patch"; path: string; patch: string }
  | { kind: "write"; path: string; content: string }
  | { kind: "read"; path: string; lines: string }
  | { kind: "search"; pattern: string; where: string }
  | { kind: "todo"; todos: readonly Todo[] }
  | { kind: "fetch"; address: string; prompt: string }
  | { kind: "task"; agent: string; description: string; prompt: string }
  | { kind: "plan"; text: string }
  | { kind: "other"; summary: string; args: unknown };

const PATH = ["file_path", "filePath", "path", "target_file", "notebook_path", "relative_workspace_path", "filename", "file"];
const BEFORE = ["old_string", "oldString", "old_str", "oldText", "old_text"];
const AFTER = ["new_string", "newString", "new_str", "newText", "new_text", "new_source"];
const CONTENT = ["content", "contents", "file_text", "code_edit", "text"];
const PATTERN = ["pattern", "query", "glob_pattern", "regex", "glob", "search_term"];
const ADDRESS = ["url", "uri"];

export function toolView({ name, args }: Pick<ToolCall, "name" | "args">): ToolView {
  const tool = name.toLowerCase().replace(/[^a-z]/g, "");
  if (typeof args === "string") return fromText(tool, args);
  if (!isObject(args)) return { kind: "other", summary: "", args };
  return shell(args) ?? todo(args) ?? change(tool, args) ?? task(args) ?? fetch(tool, args) ?? look(tool, args) ?? other(args);
}

function fromText(tool: string, text: string): ToolView {
  if (text.includes("*** Begin Patch")) return { kind: "patch", path: "", patch: text };
  if (/^(bash|shell|exec|execute|terminal|runterminalcmd)$/.test(tool)) return { kind: "shell", command: text, note: "" };
  return { kind: "other", summary: text, args: text };
}

function shell(args: Untyped): ToolView | undefined {
  const words = args.command ?? args.cmd;
  const note = firstString(args, ["description", "explanation", "justification"]) ?? "";
  if (Array.isArray(words) && words.every((word) => typeof word === "string")) {
    // ["bash", "-lc", "the command"]
    const isWrapped = words.length === 3 && /^-\w*c$/.test(words[1] ?? "");
    const command = isWrapped ? (words[2] ?? "") : words.join(" ");
    return command.includes("*** Begin Patch") ? { kind: "patch", path: "", patch: command } : { kind: "shell", command, note };
  }
  return typeof words === "string" && !hasPath(args) ? { kind: "shell", command: words, note } : undefined;
}

function todo(args: Untyped): ToolView | undefined {
  const items = parsed(args.todos ?? args.plan);
  if (!Array.isArray(items) || !items.some(isObject)) return undefined;
  return {
    kind: "todo",
    todos: items.filter(isObject).map((item) => ({
      text: firstString(item, ["content", "step", "text", "title", "task"]) ?? "",
      status: item.status === "completed" || item.status === "done" ? "completed" : item.status === "in_progress" ? "in_progress" : "pending",
    })),
  };
}

function change(tool: string, args: Untyped): ToolView | undefined {
  const path = firstString(args, PATH) ?? "";
  const edits = parsed(args.edits);
  const changes = (Array.isArray(edits) ? edits : [args]).map(changeOf).filter((each) => each !== undefined);
  if (changes.length > 0) return { kind: "edit", path, changes };
  const patch = firstString(args, ["patch", "diff", "patchText"]) ?? (tool.includes("patch") ? firstString(args, ["input"]) : undefined);
  if (patch !== undefined) return { kind: "patch", path, patch };
  const content = path === "" ? undefined : firstString(args, CONTENT);
  return content === undefined ? undefined : { kind: "write", path, content };
}

function changeOf(edit: unknown): Change | undefined {
  if (!isObject(edit)) return undefined;
  const before = firstString(edit, BEFORE);
  const after = firstString(edit, AFTER);
  return before === undefined && after === undefined ? undefined : { before: before ?? "", after: after ?? "" };
}

function task(args: Untyped): ToolView | undefined {
  const prompt = firstString(args, ["prompt", "task"]);
  const agent = firstString(args, ["subagent_type", "subagentType", "agent"]);
  const description = firstString(args, ["description"]) ?? "";
  if (prompt === undefined || (agent === undefined && description === "")) return undefined;
  return { kind: "task", agent: agent ?? "", description, prompt };
}

function fetch(tool: string, args: Untyped): ToolView | undefined {
  const address = firstString(args, ADDRESS) ?? (/web|internet/.test(tool) ? firstString(args, PATTERN) : undefined);
  return address === undefined ? undefined : { kind: "fetch", address, prompt: firstString(args, ["prompt"]) ?? "" };
}

function look(tool: string, args: Untyped): ToolView | undefined {
  const path = firstString(args, PATH) ?? "";
  const pattern = firstString(args, PATTERN);
  if (pattern !== undefined && /grep|glob|search|find|list|ls/.test(tool)) {
    return { kind: "search", pattern, where: path || (firstString(args, ["include", "glob", "target_directory", "directory"]) ?? "") };
  }
  if (path !== "" && /read|view|cat|open|list|ls|image|delete/.test(tool)) return { kind: "read", path, lines: linesOf(args) };
  const plan = tool.includes('plan') ? firstString(args, ["plan"]) : undefined;
  return plan === undefined ? undefined : { kind: "plan", text: plan };
}

function linesOf(args: Untyped): string {
  const first = args.offset ?? args.start_line ?? args.start_line_one_indexed;
  if (typeof first !== "number") return "";
  const count = args.limit;
  const last = args.end_line ?? args.end_line_one_indexed_inclusive ?? (typeof count === "number" ? first + count - 1 : undefined);
  return typeof last === "number" ? `lines ${first}–${last}` : `from line ${first}`;
}

function other(args: Untyped): ToolView {
  const telling = firstString(args, [...PATH, ...PATTERN, ...ADDRESS, "description", "prompt"]);
  const short = Object.values(args).find((value) => typeof value === "string" && value !== "" && value.length < 200);
  return { kind: "other", summary: telling ?? (typeof short === "string" ? short : ""), args };
}

function hasPath(args: Untyped): boolean {
  return firstString(args, PATH) !== undefined;
}

/** What a call does, for its one folded line. */
export function summaryOf(view: ToolView): string {
  switch (view.kind) {
    case "shell":
      return view.command;
    case "edit":
    case "write":
      return view.path;
    case "patch":
      return view.path || pathsOf(view.patch).join(", ");
    case "read":
      return [view.path, view.lines].filter(Boolean).join(", ");
    case "search":
      return [view.pattern, view.where && `in ${view.where}`].filter(Boolean).join(" ");
    case "todo":
      return `${view.todos.filter((each) => each.status === "completed").length} of ${view.todos.length} done`;
    case "fetch":
      return view.address;
    case "task":
      return view.description || view.prompt;
    case "plan":
      return view.text;
    case "other":
      return view.summary;
  }
}

/** The text of a call as it is searched, in the order of its view; what only the folded line tells comes last. */
export function searchableText(view: ToolView): string {
  switch (view.kind) {
    case "edit":
      return [...view.changes.flatMap((each) => [each.before, each.after]), view.path].join("\n");
    case "todo":
      return view.todos.map((each) => each.text).join("\n");
    case "other":
      return pretty(view.args);
    case "shell":
      return `${view.note}\n${view.command}`;
    case "patch":
      return `${view.patch}\n${view.path}`;
    case "write":
      return `${view.content}\n${view.path}`;
    case "read":
      return view.path;
    case "search":
      return `${view.pattern}\n${view.where}`;
    case "fetch":
      return `${view.address}\n${view.prompt}`;
    case "task":
      return `${view.agent}\n${view.prompt}\n${view.description}`;
    case "plan":
      return view.text;
  }
}

function pathsOf(patch: string): string[] {
  const paths = [...patch.matchAll(/^(?:\*\*\* (?:Add|Update|Delete) File: |\+\+\+ (?:b\/)?)(\S.*)$/gm)].map((match) => match[1] ?? "");
  return [...new Set(paths)].slice(0, 5);
}
