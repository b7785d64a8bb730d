import { expect, it, vi } from "vitest";

import { visitPortal } from "./portal";

function memory() {
  const values = new Map<string, string>();
  return { getItem: (key: string) => values.get(key) ?? null, setItem: (key: string, value: string) => void values.set(key, value) };
}

it("loads the page anew, but not twice in a row", () => {
  const [storage, reload] = [memory(), vi.fn()];
  expect(visitPortal({ storage, reload, now: () => 1_000_000 })).toBe(true);
  expect(visitPortal({ storage, reload, now: () => 1_030_000 })).toBe(false);
  expect(reload).toHaveBeenCalledOnce();
  expect(visitPortal({ storage, reload, now: () => 1_070_000 })).toBe(true);
});

it("stays where the browser forbids storage, because nothing could stop a circle", () => {
  const blocked = () => {
    throw new DOMException("blocked", "SecurityError");
  };
  const reload = vi.fn();
  expect(visitPortal({ storage: { getItem: blocked, setItem: blocked }, reload })).toBe(false);
  expect(reload).not.toHaveBeenCalled();
});
