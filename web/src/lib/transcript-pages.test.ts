import { expect, it } from "vitest";

import { makeMessage } from "@/testing/factories";

import { begun, isWhole, query, type StoredMessage, type Transcript, withPage } from "./transcript-pages";

const at = (createdAt: number, change: Partial<StoredMessage> = {}): StoredMessage => ({ ...makeMessage({ id: `m${createdAt}`, createdAt }), seq: 1, ...change });
const page = (messages: StoredMessage[], cursor: string | null, watermark: string) => ({ messages, cursor, watermark });
const ids = (transcript: Transcript) => transcript.messages.map((message) => message.id);
const whole = withPage(begun(), page([at(1), at(3)], null, "w1"));

it("reads a small page first, then large ones, until there are no more", () => {
  const first = begun();
  expect([query(first), isWhole(first)]).toEqual(["limit=100", false]);
  const second = withPage(first, page([at(1)], "c1", "w1"));
  expect([query(second), isWhole(second)]).toEqual(["limit=1000&after=c1", false]);
  const third = withPage(second, page([at(2)], null, "w2"));
  expect([isWhole(third), ids(third)]).toEqual([true, ["m1", "m2"]]);
  // What changed between the two pages is read next time.
  expect(third.watermark).toBe("w1");
});

it("then asks only for what changed", () => {
  expect(query(begun(whole))).toBe("limit=1000&since=w1");
  expect(isWhole(begun(whole))).toBe(true);
});

it("takes up a reading that was cut off", () => {
  const cut = withPage(begun(), page([at(1)], "c1", "w1"));
  expect(begun(cut)).toBe(cut);
});

it("puts messages in their place and replaces those that changed", () => {
  const edited = withPage(begun(whole), page([at(2), at(3, { textContent: "edited" })], null, "w2"));
  expect(ids(edited)).toEqual(["m1", "m2", "m3"]);
  expect(edited.messages[2]?.textContent).toBe("edited");
});

it("keeps a message that came again unchanged as the same object", () => {
  const again = withPage(begun(whole), page([at(1), at(3)], null, "w2"));
  expect(again.messages[0]).toBe(whole.messages[0]);
});

it("orders messages of one moment by arrival, then by id", () => {
  const known = withPage(begun(), page([at(5, { id: "b", seq: 2 })], null, "w1"));
  const fresh = [at(5, { id: "c", seq: 1 }), at(5, { id: "a", seq: 2 })];
  expect(ids(withPage(begun(known), page(fresh, null, "w2")))).toEqual(["c", "a", "b"]);
});
