import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { type Session } from "@/hooks/use-session";

import { ShareDialog } from "./share-dialog";

const session: Session = {
  ...{ id: "s1", externalId: "e1", title: "Fix it", titleEdited: false, projectPath: "", projectName: "", gitBranch: "", model: "", provider: "", source: "pi" },
  ...{ promptTokens: 0, completionTokens: 0, totalTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, cost: 0, durationMs: 0, messageCount: 7 },
  ...{ isPublic: false, publicSlug: "", publicInclude: null, evalReady: false, evalStatus: "", createdAt: 1, updatedAt: 1 },
};

function show(change: Partial<Session>) {
  const fetch = vi.fn<(path: string, init: RequestInit) => Promise<Response>>(() => Promise.resolve(Response.json({ slug: "x", url: "/s/x" })));
  vi.stubGlobal("fetch", fetch);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ShareDialog session={{ ...session, ...change }} isOpen onOpenChange={() => undefined} />
    </QueryClientProvider>,
  );
  const sent = () => fetch.mock.calls.map(([path, init]) => [path, JSON.parse(init.body as string) as unknown]);
  return sent;
}

it("says what becomes visible, and publishes no more than what is ticked", async () => {
  const sent = show({});
  expect(screen.getByRole("dialog").textContent).toContain("every message (7 so far");
  expect(screen.getAllByRole("checkbox").map((box) => box.getAttribute("aria-checked"))).toEqual(["false", "false", "false"]);
  expect(sent()).toEqual([]);

  await userEvent.click(screen.getByRole("checkbox", { name: "Cost" }));
  await userEvent.click(screen.getByRole("button", { name: "Publish" }));
  await waitFor(() => expect(sent()).toEqual([["/api/sessions/s1/publish", { include: { paths: false, cost: true, notes: false } }]]));
});

it("shows the link of what is public, and takes it back", async () => {
  const sent = show({ isPublic: true, publicSlug: "abc", publicInclude: { paths: true } });
  expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Public link" }).value).toMatch(/\/s\/abc$/);
  expect(screen.getByRole("checkbox", { name: "Project and paths" }).getAttribute("aria-checked")).toBe("true");

  await userEvent.click(screen.getByRole("button", { name: "Make private" }));
  await waitFor(() => expect(sent()).toEqual([["/api/sessions/s1/unpublish", {}]]));
});
