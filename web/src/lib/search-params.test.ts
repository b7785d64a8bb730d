import { expect, it } from "vitest";

import { choiceParam, flagParam, listParam, numberParam, textParam } from "./search-params";

it("takes text, also where the router read a number, and nothing else", () => {
  expect([textParam("pi"), textParam(42), textParam(""), textParam(["a"]), textParam({ $gt: "" })]).toEqual(["pi", "42", undefined, undefined, undefined]);
});

it("takes finite numbers only", () => {
  expect([numberParam(5), numberParam("5"), numberParam(" "), numberParam("x"), numberParam(Infinity)]).toEqual([5, 5, undefined, undefined, undefined]);
});

it("keeps a flag only when it is set", () => {
  expect([flagParam(true), flagParam("true"), flagParam(false), flagParam("no")]).toEqual([true, true, undefined, undefined]);
});

it("takes one of the choices", () => {
  expect([choiceParam("b", ["a", "b"]), choiceParam("c", ["a", "b"])]).toEqual(["b", undefined]);
});

it("reads one value as a list of one, without repetition", () => {
  expect([listParam("a"), listParam(["a", "a", 1, {}]), listParam([]), listParam(undefined)]).toEqual([["a"], ["a", "1"], undefined, undefined]);
});
