import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { type Session } from "@/hooks/use-session";
import { toasts } from "@/lib/toasts";
import { makeMessage } from "@/testing/factories";

import { SessionActions } from "./session-actions";

vi.mock("@tanstack/react-router", () => ({ useNavigate: () => vi.fn() }));

const session: Session = {
  ...{ id: "s1", externalId: "e1", title: "The secret", titleEdited: false, projectPath: "", projectName: "", gitBranch: "", model: "", provider: "", source: "pi" },
  ...{ promptTokens: 0, completionTokens: 0, totalTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, cost: 0, durationMs: 0, messageCount: 2 },
  ...{ isPublic: false, publicSlug: "", publicInclude: null, evalReady: false, evalStatus: "", createdAt: 1, updatedAt: 1 },
};
const masked = { externalId: "e1", title: "[removed]", projectPath: "", projectName: "", gitBranch: "", model: "", provider: "", source: "pi" };

function message(number: number) {
  return { ...makeMessage({ id: `m${number}`, textContent: `text ${number}` }), seq: number };
}

function setUp(fetch: (path: string) => Promise<Response>) {
  const asked = vi.fn(fetch);
  vi.stubGlobal("fetch", asked);
  // The stand-in of the test's browser does not wait for a promise; the real one is in the browser tests.
  vi.stubGlobal("ClipboardItem", undefined);
  const user = userEvent.setup();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionActions session={session} />
    </QueryClientProvider>,
  );
  return { user, asked };
}

it("copies what the server masked, page after page, and waits meanwhile", async () => {
  let answer: (response: Response) => void = () => undefined;
  const promise = new Promise<Response>((resolve) => (answer = resolve));
  const first = { session: masked, messages: [message(1)], cursor: "c", watermark: "w" };
  const { user, asked } = setUp((path) => (path.includes("after=c") ? promise : Promise.resolve(Response.json(first))));
  const button = screen.getByRole("button", { name: "Copy as Markdown" });

  await user.click(button);
  await waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
  expect(button).toHaveProperty("disabled", true);
  answer(Response.json({ ...first, messages: [message(2)], cursor: null }));

  await screen.findByText("Copied");
  expect(asked.mock.calls.every(([path]) => path.includes("/api/sessions/s1/transcript?masked=true"))).toBe(true);
  const copied = await navigator.clipboard.readText();
  expect(copied).toContain("# [removed]");
  expect(copied).not.toContain("secret");
  expect(copied.indexOf("text 1")).toBeLessThan(copied.indexOf("text 2"));
});

it("says so when the session cannot be read, and copies nothing", async () => {
  const { user } = setUp(() => Promise.resolve(Response.json({ error: "The database is away. Try again." }, { status: 503 })));
  const say = vi.spyOn(toasts, "show");
  await navigator.clipboard.writeText("before");

  await user.click(screen.getByRole("button", { name: "Copy as Markdown" }));

  await screen.findByText("Not copied");
  expect(say).toHaveBeenCalledWith("The session could not be read. The database is away. Try again.", { tone: "danger" });
  expect(await navigator.clipboard.readText()).toBe("before");
});
