import { expect, it } from "vitest";

import { makeMessage } from "@/testing/factories";

import { Reader } from "./conversation";
import { type TranscriptPart } from "./transcript";

const call = (name: string, id?: string): TranscriptPart => ({ type: "tool-call", content: { name, args: {}, id } });
const result = (text: string, id?: string): TranscriptPart => ({ type: "tool-result", content: { output: text, tool_use_id: id } });
const message = (id: string, ...parts: TranscriptPart[]) => makeMessage({ id, parts });

/** What each entry shows, a call with its result as "call=result". */
function shown(...messages: ReturnType<typeof message>[]) {
  const { entries } = new Reader().read(messages);
  return entries.map(({ blocks }) =>
    blocks.map((block) => {
      if (block.kind === "tool-call") return `${block.name}=${block.result?.text ?? ""}`;
      return block.kind === "tool-result" ? block.text : block.kind;
    }),
  );
}

it("gives results to the calls that they name, in whatever order they come", () => {
  expect(shown(message("1", call("a", "A"), call("b", "B")), message("2", result("for b", "B"), result("for a", "A")))).toEqual([
    ["a=for a", "b=for b"],
  ]);
});

it("gives results without a name to the calls before, in order", () => {
  expect(shown(message("1", call("a"), call("b"), result("first"), result("second")))).toEqual([["a=first", "b=second"]]);
  expect(shown(message("1", call("a")), message("2", result("out")))).toEqual([["a=out"]]);
});

it("gives no result to a call that was answered, or asked before something else was said", () => {
  expect(shown(message("1", call("a"), result("one"), result("two")))).toEqual([["a=one", "two"]]);
  const said = makeMessage({ id: "2", textContent: "And?" });
  expect(shown(message("1", call("a")), said, message("3", result("late")))).toEqual([["a="], ["text"], ["late"]]);
});

it("knows where a message is shown that only brought a result", () => {
  const { indexOf } = new Reader().read([message("0"), message("1", call("a")), message("2", result("out"))]);
  expect(indexOf.get("2")).toBe(1);
});

it("keeps entries that did not change, so that they are not drawn again", () => {
  const reader = new Reader();
  const first = [makeMessage({ id: "0", textContent: "hello" }), message("1", call("a"))];
  const before = reader.read(first).entries;
  const after = reader.read([...first, message("2", result("out"))]).entries;
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});
