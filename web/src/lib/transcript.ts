// Agents describe the same few things in many shapes. Everything that shows, searches or exports
// a transcript goes through `blocksOf`, so that the shapes are known in one place.
import { type Picture, pictureOf } from "./pictures";
import { firstString, isObject, type Untyped } from "./untyped";

/** What is needed of a message, wherever it comes from. */
export interface TranscriptMessage {
  id: string;
  role: string;
  textContent: string | null;
  model: string | null;
  promptTokens: number | null;
  completionTokens: number | null;
  durationMs?: number | null;
  createdAt: number;
  parts: readonly TranscriptPart[];
}

export interface TranscriptPart {
  type: string;
  content: unknown;
}

export interface ToolResult {
  kind: "tool-result";
  text: string;
  isError: boolean;
  pictures: readonly Picture[];
  /** Which call it answers, where the agent says so. */
  callId?: string;
}

export interface ToolCall {
  kind: "tool-call";
  name: string;
  args: unknown;
  callId?: string;
  /** What came of it, where both are known. */
  result?: ToolResult;
}

export type Block =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | ToolCall
  | ToolResult
  | { kind: "picture"; picture: Picture }
  | { kind: "other"; type: string; content: unknown };

/** What a message says, in order. Its text often comes twice, as `textContent` and as a part. */
export function blocksOf(message: Pick<TranscriptMessage, "textContent" | "parts">): Block[] {
  const blocks = message.parts.flatMap(blocksOfPart);
  const hasText = blocks.some((block) => block.kind === "text");
  const text = message.textContent ?? "";
  return hasText || isBlank(text) ? blocks : [{ kind: "text", text }, ...blocks];
}

export function blocksOfPart(part: TranscriptPart): Block[] {
  switch (kindOf(part.type)) {
    case "text":
      return asText("text", part);
    case "thinking":
    case "reasoning":
      return asText("thinking", part);
    case "tool":
    case "toolcall":
    case "tooluse":
    case "functioncall":
    case "customtoolcall":
      return asToolCall(part.content);
    case "toolresult":
    case "functioncalloutput":
    case "customtoolcalloutput":
      return asToolResult(part.content);
    default: {
      const content = parsed(part.content);
      const picture = pictureOf(isObject(content) ? { type: part.type, ...content } : { type: part.type, url: content });
      return [picture ? { kind: "picture", picture } : { kind: "other", type: part.type, content: part.content }];
    }
  }
}

function kindOf(type: string): string {
  return type.toLowerCase().replace(/[-_]/g, "");
}

function asText(kind: "text" | "thinking", part: TranscriptPart): Block[] {
  const text = textOf(part.content);
  if (text !== undefined) return isBlank(text) ? [] : [{ kind, text }];
  if (isListOfParts(part.content)) return part.content.flatMap((item) => blocksOfPart({ type: item.type, content: item }));
  return [{ kind: "other", type: part.type, content: part.content }];
}

const CALL_ID = ["id", "toolUseId", "tool_use_id", "callId", "call_id", "callID", "toolCallId"];
const ANSWERED_ID = ["tool_use_id", "toolUseId", "toolCallId", "call_id", "callId", "callID", "id"];

function asToolCall(raw: unknown): Block[] {
  const content = parsed(raw);
  if (!isObject(content)) return [{ kind: "tool-call", name: "Tool", args: textOf(content) ?? content ?? "" }];
  // OpenCode keeps what went in and what came out in one place.
  const state = isObject(content.state) ? content.state : {};
  const callId = firstString(content, CALL_ID);
  const args = parsed(content.args ?? content.arguments ?? content.input ?? content.toolArgs ?? state.input ?? null);
  const call: ToolCall = { kind: "tool-call", name: firstString(content, ["toolName", "tool_name", "name", "tool"]) || "Tool", args, callId };
  const output = content.result ?? content.output ?? state.output ?? state.error;
  if (output === undefined || output === null) return [call];
  const isError = content.isError ?? content.is_error ?? state.status === "error";
  return [{ ...call, result: asToolResult({ result: output, isError })[0] }];
}

function asToolResult(raw: unknown): ToolResult[] {
  const content = parsed(raw);
  const inner = isObject(content) ? (content.result ?? content.output ?? content.content ?? content) : content;
  const items: unknown[] = Array.isArray(inner) ? inner : [inner];
  const pictures = items.map(pictureOf).filter((picture) => picture !== undefined);
  const rest = pictures.length > 0 ? items.filter((item) => !pictureOf(item)) : inner;
  const text = isEmptyList(rest) ? "" : (textOf(rest) ?? streamsOf(rest) ?? pretty(rest));
  const isError = isObject(content) && (content.isError === true || content.is_error === true || content.status === "error");
  const callId = isObject(content) ? firstString(content, ANSWERED_ID) : undefined;
  return isBlank(text) && pictures.length === 0 && callId === undefined ? [] : [{ kind: "tool-result", text, isError, pictures, callId }];
}

/** The text in a string, in `{text}` or `{content}`, or in a list of such blocks. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) {
    const texts = content.map((item: unknown) => (isTyped(item) && !kindOf(item.type).endsWith("text") ? undefined : textOf(item)));
    return texts.length > 0 && texts.every((text) => text !== undefined) ? texts.join("\n") : undefined;
  }
  return isObject(content) ? firstString(content, ["text", "content", "thinking", "reasoning"]) : undefined;
}

function streamsOf(content: unknown): string | undefined {
  if (!isObject(content)) return undefined;
  const streams = [content.stdout, content.stderr].filter((stream) => typeof stream === "string" && stream !== "");
  return streams.length > 0 ? streams.join("\n") : undefined;
}

/** Some plugins send JSON as a string. */
export function parsed(content: unknown): unknown {
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

function isTyped(value: unknown): value is Untyped & { type: string } {
  return isObject(value) && typeof value.type === "string";
}

function isListOfParts(value: unknown): value is (Untyped & { type: string })[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isTyped(item) && kindOf(item.type) !== "list");
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}
