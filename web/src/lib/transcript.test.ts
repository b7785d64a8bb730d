import { describe, expect, it } from "vitest";

import { blocksOf, blocksOfPart, pretty } from "./transcript";

const part = (type: string, content: unknown) => blocksOfPart({ type, content });

describe("text and thinking", () => {
  it.each([["plain"], [{ text: "plain" }], [{ content: "plain" }], [[{ type: "text", text: "plain" }]]])("reads %j", (content) => {
    expect(part("text", content)).toEqual([{ kind: "text", text: "plain" }]);
  });

  it("leaves out blank text", () => {
    expect(part("text", " \n")).toEqual([]);
    expect(part("thinking", "")).toEqual([]);
  });

  it("takes reasoning for thinking", () => {
    expect(part("reasoning", { thinking: "hm" })).toEqual([{ kind: "thinking", text: "hm" }]);
  });

  it("shows as JSON what has no text", () => {
    expect(part("text", { image: 1 })).toEqual([{ kind: "other", type: "text", content: { image: 1 } }]);
    expect(part("text", null)).toEqual([{ kind: "other", type: "text", content: null }]);
  });
});

describe("tool calls", () => {
  const call = { kind: "tool-call", name: "Bash", args: { command: "ls" } };

  it.each(["tool-call", "tool_call", "tool_use", "toolCall", "function_call"])("knows the type %s", (type) => {
    expect(part(type, { toolName: "Bash", args: { command: "ls" } })).toEqual([call]);
  });

  it.each([
    { name: "Bash", arguments: { command: "ls" } },
    { name: "Bash", input: { command: "ls" } },
    { tool: "Bash", arguments: '{"command":"ls"}' },
    { tool_name: "Bash", input: { command: "ls" } },
    '{"toolName":"Bash","args":{"command":"ls"}}',
  ])("reads %j", (content) => {
    expect(part("tool-call", content)).toEqual([call]);
  });

  it("keeps a result that came along with its call", () => {
    expect(part("tool_use", { toolName: "Bash", args: { command: "ls" }, result: "a\nb" })).toEqual([
      { ...call, result: { kind: "tool-result", text: "a\nb", isError: false, pictures: [] } },
    ]);
  });

  it("reads what OpenCode keeps in one place", () => {
    const state = { status: "error", input: { command: "ls" }, error: "no such folder" };
    expect(part("tool", { tool: "Bash", callID: "c1", state })).toMatchObject([
      { ...call, callId: "c1", result: { text: "no such folder", isError: true } },
    ]);
  });

  it("keeps a call that is only text", () => {
    expect(part("tool-call", "{broken")).toEqual([{ kind: "tool-call", name: "Tool", args: "{broken" }]);
  });

  it("survives a call without anything", () => {
    expect(part("tool-call", null)).toEqual([{ kind: "tool-call", name: "Tool", args: "" }]);
    expect(part("tool-call", {})).toEqual([{ kind: "tool-call", name: "Tool", args: null }]);
  });
});

describe("tool results", () => {
  it.each(["out", { result: "out" }, { output: "out" }, { content: [{ type: "text", text: "out" }] }, '{"result":"out"}'])("reads %j", (content) => {
    expect(part("tool_result", content)).toEqual([{ kind: "tool-result", text: "out", isError: false, pictures: [] }]);
  });

  it("marks errors", () => {
    expect(part("tool-result", { output: "no", is_error: true })).toMatchObject([{ isError: true }]);
  });

  it("joins the streams of a command", () => {
    expect(part("tool-result", { result: { stdout: "a", stderr: "b", interrupted: false } })).toMatchObject([{ text: "a\nb" }]);
  });

  it("shows pictures beside the text", () => {
    const source = { type: "base64", media_type: "image/png", data: "AAAA" };
    expect(part("tool-result", { content: [{ type: "text", text: "seen" }, { type: "image", source }] })).toMatchObject([
      { text: "seen", pictures: [{ src: "data:image/png;base64,AAAA" }] },
    ]);
  });

  it("prints what is not text as JSON", () => {
    expect(part("tool-result", { result: { code: 0 } })).toMatchObject([{ text: '{\n  "code": 0\n}' }]);
  });
});

describe("pictures", () => {
  const src = "data:image/png;base64,AAAA";

  it.each([
    ["image", { source: { type: "base64", media_type: "image/png", data: "AAAA" } }],
    ["image", { data: "AAAA", mimeType: "image/png" }],
    ["image_url", { image_url: { url: src } }],
    ["input_image", { image_url: src }],
    ["file", { mime: "image/png", url: src }],
    ["image", src],
  ])("reads %s %j", (type, content) => {
    expect(part(type, content)).toMatchObject([{ kind: "picture", picture: { src } }]);
  });

  it.each([
    ["from elsewhere", { url: "https://evil.example/pixel.png" }],
    ["of scripts", "javascript:boom()"],
    ["that can hold scripts", { source: { media_type: "image/svg+xml", data: "AAAA" } }],
    ["of pages", { source: { media_type: "text/html", data: "AAAA" } }],
    ["that leave their address", { source: { media_type: "image/png", data: 'AA" onerror="boom()' } }],
    ["too large to draw", { source: { media_type: "image/png", data: "A".repeat(10_000_001) } }],
  ])("loads none %s", (_, content) => {
    const [block] = part("image", content);
    expect(block?.kind).toBe("picture");
    expect(JSON.stringify(block)).not.toContain('"src"');
  });

  it("takes no other part for one", () => {
    expect(part("mystery", { url: "https://example.org" })).toMatchObject([{ kind: "other" }]);
    expect(part("file", { mime: "text/plain", url: "file:///a" })).toMatchObject([{ kind: "other" }]);
  });
});

describe("messages", () => {
  it("shows a text once that came both ways", () => {
    const message = { textContent: "hello", parts: [{ type: "text", content: "hello" }] };
    expect(blocksOf(message)).toEqual([{ kind: "text", text: "hello" }]);
  });

  it("puts the text before parts that have none", () => {
    const message = { textContent: "hello", parts: [{ type: "tool-call", content: { name: "Read" } }] };
    expect(blocksOf(message).map(({ kind }) => kind)).toEqual(["text", "tool-call"]);
  });

  it("keeps unknown parts", () => {
    expect(blocksOf({ textContent: null, parts: [{ type: "mystery", content: 7 }] })).toEqual([
      { kind: "other", type: "mystery", content: 7 },
    ]);
  });
});

it("prints content nested deeper than the serialiser can go", () => {
  let deep: unknown = 0;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  expect(pretty(deep)).toBe("(nested too deep to show)");
});
