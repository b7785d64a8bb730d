import { describe, expect, it, vi } from "vitest";

import { sidecar } from "./sidecar";
import { onSignedOut } from "./signed-out";

function answerWith(response: Response | Error) {
  const fetch = vi.fn<typeof globalThis.fetch>(() => (response instanceof Error ? Promise.reject(response) : Promise.resolve(response)));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

const json = (body: unknown, status = 200) => Response.json(body, { status });

describe("sidecar", () => {
  it("returns the JSON of any 2xx", async () => {
    answerWith(json({ key: "osk_1" }, 201));
    await expect(sidecar("/api/keys", { method: "POST", body: {} })).resolves.toEqual({ key: "osk_1" });
  });

  it("takes 204 for success without an answer", async () => {
    answerWith(new Response(null, { status: 204 }));
    await expect(sidecar("/api/keys/1", { method: "DELETE" })).resolves.toBeUndefined();
  });

  it("turns {error} into the error's sentence", async () => {
    answerWith(json({ error: "Give the key a name." }, 422));
    await expect(sidecar("/api/keys")).rejects.toMatchObject({ kind: "rejected", message: "Give the key a name.", status: 422 });
  });

  it("does not show the HTML of a proxy", async () => {
    answerWith(new Response("<h1>Bad Gateway</h1>", { status: 502, headers: { "Content-Type": "text/html" } }));
    await expect(sidecar("/api/stats")).rejects.toMatchObject({ kind: "unreachable", message: expect.not.stringContaining("<") as string });
  });

  it.each([
    ["the sidecar, which misses its database", json({ error: "The database is not reachable." }, 503), "unavailable"],
    ["the proxy, which misses the sidecar", new Response("no available server", { status: 503 }), "unreachable"],
  ])("knows a 503 of %s", async (_, response, kind) => {
    answerWith(response);
    await expect(sidecar("/api/me")).rejects.toMatchObject({ kind, isAway: true, isTransient: true });
  });

  it.each([
    ["text", new Response("hello", { headers: { "Content-Type": "text/plain" } })],
    ["broken JSON", new Response("{", { headers: { "Content-Type": "application/json" } })],
  ])("refuses %s with status 200", async (_, response) => {
    answerWith(response);
    await expect(sidecar("/api/stats")).rejects.toMatchObject({ kind: "server" });
  });

  it.each([
    ["401", json({ error: "Not signed in." }, 401)],
    ["a redirect to the portal", new Response(null, { status: 302, headers: { Location: "https://auth.example.org" } })],
    ["the portal's page in place of data", new Response("<html>", { headers: { "Content-Type": "text/html; charset=utf-8" } })],
    ["a redirect the browser hides", Object.defineProperty(new Response(), "type", { value: "opaqueredirect" })],
  ])("reports the end of the sign-in on %s", async (_, response) => {
    const report = vi.fn();
    const stop = onSignedOut(report);
    answerWith(response);
    await expect(sidecar("/api/stats")).rejects.toMatchObject({ kind: "signed-out" });
    expect(report).toHaveBeenCalledOnce();
    stop();
  });

  it("asks as a script and never follows redirects, so that a portal answers in a way that shows", async () => {
    const fetch = answerWith(json({}));
    await sidecar("/api/stats");
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({
      redirect: "manual",
      credentials: "include",
      headers: { "X-Requested-With": "XMLHttpRequest" },
    });
  });
});
