import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { toApiError } from "./errors";
import { escapeLike, pb, setTokenGuard } from "./pocketbase";

const record = { id: "u1", collectionId: "c", collectionName: "users" };
const list = () => pb.collection("sessions").getList(1, 1);

beforeEach(() => pb.authStore.save("old", record));
afterEach(() => {
  setTokenGuard(() => Promise.resolve());
  pb.authStore.clear();
});

function answerWith(response: Response) {
  const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.resolve(response));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

it("waits for the token guard and sends the token it left", async () => {
  const fetch = answerWith(Response.json({ items: [] }));
  setTokenGuard(() => {
    pb.authStore.save("new", record);
    return Promise.resolve();
  });
  await list();
  expect(fetch.mock.calls[0]?.[1]).toMatchObject({
    headers: { Authorization: "Bearer new", "X-Requested-With": "XMLHttpRequest" },
    redirect: "manual",
  });
});

it("does not take a bounce to the portal for an empty list", async () => {
  answerWith(Object.defineProperty(new Response(), "type", { value: "opaqueredirect" }));
  const error: unknown = await list().catch(toApiError);
  expect(error).toMatchObject({ kind: "signed-out" });
});

it("keeps the token out of storage", () => {
  expect(localStorage).toHaveLength(0);
});

it("escapes what PocketBase would take for wildcards", () => {
  expect(escapeLike("50%_\\")).toBe("50\\%\\_\\\\");
});
