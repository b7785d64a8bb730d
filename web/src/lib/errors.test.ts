import { ClientResponseError } from "pocketbase";
import { expect, it } from "vitest";

import { ApiError, kindOfStatus, messageOf, toApiError } from "./errors";

it.each([
  [0, "unreachable"],
  [400, "rejected"],
  [401, "signed-out"],
  [403, "forbidden"],
  [404, "not-found"],
  [422, "rejected"],
  [429, "busy"],
  [500, "server"],
  [502, "unreachable"],
  [503, "unreachable"],
  [504, "unreachable"],
])("takes status %d for %s", (status, kind) => expect(kindOfStatus(status, "What the server says.")).toBe(kind));

it("takes a 404 that says nothing for a proxy that has no routes yet", () => {
  expect(kindOfStatus(404, undefined)).toBe("unreachable");
  expect(toApiError(new ClientResponseError({ status: 404, response: {} }))).toMatchObject({ kind: "unreachable" });
  expect(toApiError(new ClientResponseError({ status: 404, response: { message: "Not there." } }))).toMatchObject({ kind: "not-found" });
});

it("takes a fetch without an answer for an unreachable server", () => {
  expect(toApiError(new TypeError("Failed to fetch"))).toMatchObject({ kind: "unreachable", isTransient: true });
});

it("finds its own error again inside the one of the SDK", () => {
  const own = new ApiError("signed-out");
  expect(toApiError(new ClientResponseError(own))).toBe(own);
});

it("shows PocketBase's sentence only for what the user can mend", () => {
  const rejected = new ClientResponseError({ status: 400, response: { message: "Invalid filter." } });
  expect(messageOf(toApiError(rejected))).toBe("Invalid filter.");
  const broken = new ClientResponseError({ status: 500, response: { message: "sql: no such table" } });
  expect(messageOf(toApiError(broken))).not.toContain("sql");
});

it("lets aborts pass, which TanStack Query handles", () => {
  const abort = new DOMException("stop", "AbortError");
  expect(toApiError(abort)).toBe(abort);
});

it("never shows a foreign error's text", () => {
  expect(messageOf(new Error("x is not a function"))).not.toContain("function");
});
