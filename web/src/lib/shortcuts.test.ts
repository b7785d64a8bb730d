import { beforeEach, describe, expect, it, vi } from "vitest";

import { isTyping, type Shortcut, ShortcutReader } from "./shortcuts";

const sessions: Shortcut = { keys: ["g", "s"], label: "Sessions", run: vi.fn() };
const help: Shortcut = { keys: ["?"], label: "Help", run: vi.fn() };
const all = [sessions, help];

describe("ShortcutReader", () => {
  let reader: ShortcutReader;
  beforeEach(() => (reader = new ShortcutReader()));

  it("finds a single key at once", () => {
    expect(reader.read("?", 0, all)).toBe(help);
  });

  it("finds two keys in a row, but not when too long lies between them", () => {
    expect(reader.read("g", 0, all)).toBeUndefined();
    expect(reader.read("s", 900, all)).toBe(sessions);
    reader.read("g", 2_000, all);
    expect(reader.read("s", 3_500, all)).toBeUndefined();
  });

  it("takes nothing for a second key that was used up", () => {
    reader.read("g", 0, all);
    reader.read("s", 10, all);
    expect(reader.read("s", 20, all)).toBeUndefined();
  });
});

it("leaves keys to fields and dialogs", () => {
  document.body.innerHTML = '<input id="i"><div role="dialog"><button id="b"></button></div><button id="free"></button>';
  const at = (id: string) => isTyping(document.getElementById(id));
  expect([at("i"), at("b"), at("free")]).toEqual([true, true, false]);
  document.body.innerHTML = "";
});
