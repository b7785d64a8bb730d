import { expect, it, vi } from "vitest";

import { commandsFor, matchesCommand } from "./commands";

const effects = { navigate: vi.fn(), setTheme: vi.fn(), openUrl: vi.fn(), signOutUrl: null, isAdmin: false };
const found = (typed: string, change = {}) =>
  commandsFor({ ...effects, ...change })
    .filter((command) => matchesCommand(command, typed))
    .map(({ id }) => id);

it("finds a command by the beginnings of its words, in any order", () => {
  expect(found("key api")).toEqual(["keys"]);
  expect(found("dark th")).toEqual(["dark"]);
  expect(found("ark")).toEqual([]);
});

it("offers to sign out only where the portal has an address for it", () => {
  expect(found("sign out")).toEqual([]);
  expect(found("sign out", { signOutUrl: "https://auth.example.org/logout" })).toEqual(["sign-out"]);
});
