import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";

import { makeKey } from "@/testing/factories";

import { KeysSection } from "./keys-section";

const keys = [makeKey(), makeKey({ id: "k2", name: "old phone", revokedAt: 1 })];
const fetch = vi.fn<typeof globalThis.fetch>();

beforeEach(() => {
  fetch.mockReset().mockImplementation((_, init) => {
    if (init?.method === "POST") return Promise.resolve(Response.json({ key: "osk_secret", record: makeKey({ id: "k3" }) }, { status: 201 }));
    if (init?.method === "DELETE") return Promise.resolve(new Response(null, { status: 204 }));
    return Promise.resolve(Response.json({ keys }));
  });
  vi.stubGlobal("fetch", fetch);
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <KeysSection />
    </QueryClientProvider>,
  );
});

const calls = (method: string) => fetch.mock.calls.filter(([, init]) => init?.method === method);

it("shows a new key once", async () => {
  await userEvent.type(screen.getByLabelText("Name of the new key"), "desk");
  await userEvent.click(screen.getByRole("button", { name: "Create key" }));
  const dialog = await screen.findByRole("alertdialog");
  expect(within(dialog).getByText("osk_secret")).toBeTruthy();
  expect(calls("POST")[0]?.[1]?.body).toBe('{"name":"desk","expiresAt":null}');
  await userEvent.click(within(dialog).getByRole("button", { name: "I have copied it" }));
  expect(screen.queryByText("osk_secret")).toBeNull();
});

it("revokes a key only after a confirmation", async () => {
  await userEvent.click(await screen.findByRole("button", { name: "Revoke laptop" }));
  const dialog = await screen.findByRole("alertdialog");
  expect(calls("DELETE")).toHaveLength(0);
  await userEvent.click(within(dialog).getByRole("button", { name: "Revoke key" }));
  expect(calls("DELETE").map(([path]) => path)).toEqual(["/api/keys/k1"]);
});

it("offers nothing for a key that is revoked already", async () => {
  await screen.findByText("old phone");
  expect(screen.queryByRole("button", { name: "Revoke old phone" })).toBeNull();
});
