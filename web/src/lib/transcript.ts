// Agents describe the same few things in many shapes. Everything that shows or exports a
// transcript goes through `blocksOf`, so that the shapes are known in one place.
import { type Message, type Part } from "@/types/api";

export type Block =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "tool-call"; name: string; args: unknown; summary: string }
  | { kind: "tool-result"; text: string; isError: boolean }
  | { kind: "other"; type: string; content: unknown };

type Content = Record<string, unknown>;

/** What a message says, in order. Its text often comes twice, as `textContent` and as a part. */
export function blocksOf(message: Pick<Message, "textContent" | "parts">): Block[] {
  const blocks = message.parts.flatMap(blocksOfPart);
  const hasText = blocks.some((block) => block.kind === "text");
  const text = message.textContent ?? "";
  return hasText || isBlank(text) ? blocks : [{ kind: "text", text }, ...blocks];
}

export function blocksOfPart(part: Part): Block[] {
  switch (kindOf(part.type)) {
    case "text":
      return asText("text", part);
    case "thinking":
    case "reasoning":
      return asText("thinking", part);
    case "toolcall":
    case "tooluse":
      return asToolCall(part);
    case "toolresult":
      return asToolResult(part);
    default:
      return [{ kind: "other", type: part.type, content: part.content }];
  }
}

function kindOf(type: string): string {
  return type.toLowerCase().replace(/[-_]/g, "");
}

function asText(kind: "text" | "thinking", part: Part): Block[] {
  const text = textOf(part.content);
  if (text === undefined) return [{ kind: "other", type: part.type, content: part.content }];
  return isBlank(text) ? [] : [{ kind, text }];
}

function asToolCall(part: Part): Block[] {
  const content = parsed(part.content);
  if (!isObject(content)) {
    const text = textOf(content) ?? "";
    return [{ kind: "tool-call", name: "Tool", args: text, summary: text }];
  }
  const name = firstString(content, ["toolName", "name", "tool"]) ?? "Tool";
  const args = parsed(content.args ?? content.arguments ?? content.input ?? content.toolArgs ?? null);
  const call: Block = { kind: "tool-call", name, args, summary: summaryOf(args) };
  const result = content.result ?? content.output;
  return result === undefined || result === null ? [call] : [call, ...asToolResult({ type: "tool-result", content: { result } })];
}

function asToolResult(part: Part): Block[] {
  const content = parsed(part.content);
  const inner = isObject(content) ? (content.result ?? content.output ?? content.content ?? content) : content;
  const text = textOf(inner) ?? pretty(inner);
  const isError = isObject(content) && (content.isError === true || content.is_error === true);
  return isBlank(text) ? [] : [{ kind: "tool-result", text, isError }];
}

/** The text in a string, in `{text}` or `{content}`, or in a list of such blocks. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) {
    const texts = content.map((item: unknown) => (isObject(item) && "type" in item && kindOf(String(item.type)) !== "text" ? undefined : textOf(item)));
    return texts.length > 0 && texts.every((text) => text !== undefined) ? texts.join("\n") : undefined;
  }
  return isObject(content) ? firstString(content, ["text", "content", "thinking", "reasoning"]) : undefined;
}

const TELLING = ["command", "file_path", "filePath", "path", "pattern", "query", "url", "description", "prompt"];

/** The one argument that says what a call does, for its folded line. */
function summaryOf(args: unknown): string {
  if (typeof args === "string") return args;
  if (!isObject(args)) return "";
  const telling = firstString(args, TELLING);
  if (telling !== undefined) return telling;
  return Object.values(args).find((value) => typeof value === "string" && value.length > 0 && value.length < 200) as string | undefined ?? "";
}

/** Some plugins send JSON as a string. */
function parsed(content: unknown): unknown {
  if (typeof content !== "string" || !/^\s*[[{]/.test(content)) return content;
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return content;
  }
}

export function pretty(content: unknown): string {
  if (typeof content === "string") return content;
  if (content === undefined) return "";
  try {
    return JSON.stringify(content, null, 2);
  } catch {
    return "(nested too deep to show)";
  }
}

function firstString(content: Content, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = content[key];
    if (typeof value === "string" && value !== "") return value;
  }
  // An empty text is still a text.
  return keys.some((key) => content[key] === "") ? "" : undefined;
}

function isObject(value: unknown): value is Content {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}
