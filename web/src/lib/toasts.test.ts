import { expect, it } from "vitest";

import { Toasts } from "./toasts";

const texts = (toasts: Toasts) => toasts.getShown().map(({ text }) => text);

it("shows a message that is said again once, and no more than three", () => {
  const toasts = new Toasts();
  for (const text of ["a", "b", "a", "c", "d"]) toasts.show(text);
  expect(texts(toasts)).toEqual(["a", "c", "d"]);
});

it("takes back the one that was dismissed", () => {
  const toasts = new Toasts();
  toasts.show("a");
  toasts.show("b");
  toasts.dismiss(toasts.getShown()[0]?.id ?? 0);
  expect(texts(toasts)).toEqual(["b"]);
});
