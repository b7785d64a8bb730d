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
  const call = { kind: "tool-call", name: "Bash", args: { command: "ls" }, summary: "ls" };

  it.each(["tool-call", "tool_call", "tool_use", "toolCall"])("knows the type %s", (type) => {
    expect(part(type, { toolName: "Bash", args: { command: "ls" } })).toEqual([call]);
  });

  it.each([
    { name: "Bash", arguments: { command: "ls" } },
    { name: "Bash", input: { command: "ls" } },
    { tool: "Bash", arguments: '{"command":"ls"}' },
    '{"toolName":"Bash","args":{"command":"ls"}}',
  ])("reads %j", (content) => {
    expect(part("tool-call", content)).toEqual([call]);
  });

  it("puts a result that came along after the call", () => {
    expect(part("tool_use", { toolName: "Bash", args: { command: "ls" }, result: "a\nb" })).toEqual([
      call,
      { kind: "tool-result", text: "a\nb", isError: false },
    ]);
  });

  it("keeps a call that is only text", () => {
    expect(part("tool-call", "{broken")).toEqual([{ kind: "tool-call", name: "Tool", args: "{broken", summary: "{broken" }]);
  });

  it("survives a call without anything", () => {
    expect(part("tool-call", null)).toEqual([{ kind: "tool-call", name: "Tool", args: "", summary: "" }]);
    expect(part("tool-call", {})).toEqual([{ kind: "tool-call", name: "Tool", args: null, summary: "" }]);
  });
});

describe("tool results", () => {
  it.each(["out", { result: "out" }, { output: "out" }, { content: [{ type: "text", text: "out" }] }, '{"result":"out"}'])("reads %j", (content) => {
    expect(part("tool_result", content)).toEqual([{ kind: "tool-result", text: "out", isError: false }]);
  });

  it("marks errors", () => {
    expect(part("tool-result", { output: "no", is_error: true })).toMatchObject([{ isError: true }]);
  });

  it("prints what is not text as JSON", () => {
    expect(part("tool-result", { result: { code: 0 } })).toMatchObject([{ text: '{\n  "code": 0\n}' }]);
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
