import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { type TrashRecord } from "@/types/collections";
import { type Job } from "@/types/records";

import { RulesTab } from "./rules-tab";
import { TrashTab } from "./trash-tab";

const entry = { title: "Parser", source: "pi", messageCount: 3, bytes: 2048, reason: "No title", rule: "Old", deletedAt: Date.now() - 86_400_000 };
const entries: Partial<TrashRecord>[] = [{ ...entry, id: "a" }, { ...entry, id: "b", title: "Engine", rule: "" }];
const rule = { id: "r", name: "Old", enabled: false, conditions: { filter: { untitled: true }, olderThanDays: 30, spare: ["public"] }, lastRunAt: 0, lastCount: 0 };
const run: Partial<Job> = { id: "j", kind: "deleteSessions", status: "done", rule: "Old", reason: "Not touched for 30 days", done: 1_002, total: 1_002, createdAt: 1 };

const ANSWERS: Record<string, unknown> = {
  "/api/collections/trash/records": { items: entries, totalItems: 2, page: 1 },
  "/api/collections/cleanupRules/records": { items: [rule] },
  "/api/collections/jobs/records": { items: [run, { ...run, id: "k", done: 1, rule: "Small" }], totalItems: 41, page: 1 },
  "/api/collections/jobs/records/j": { id: "j", removed: [{ id: "s", externalId: "abc-1", title: "Parser" }, { id: "t", externalId: "abc-2", title: "" }] },
  "/api/collections/jobs/records/k": { id: "k", removed: null },
  "/api/trash": { days: 30, sessions: 2, bytes: 4096 },
  "/api/cleanup/preview": { sessions: 7, messages: 9, parts: 9, bytes: 1024, first: [] },
};

/** Answers as the server would; returns the requests that change something. */
function serve() {
  const sent: { path: string; method: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", (url: string, { method = "GET", body }: { method?: string; body?: string } = {}) => {
    const { pathname } = new URL(url, "http://localhost");
    if (method !== "GET" && pathname !== "/api/cleanup/preview") sent.push({ path: pathname, method, body: body && JSON.parse(body) });
    return Promise.resolve(Response.json(ANSWERS[pathname] ?? { job: {}, rule }));
  });
  return sent;
}

function show(element: React.ReactElement) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(<QueryClientProvider client={client}>{element}</QueryClientProvider>);
}

it("says what is in the trash, why it is there and when it goes", async () => {
  serve();
  show(<TrashTab page={1} onPage={vi.fn()} />);
  expect(await screen.findByText("Parser")).toBeTruthy();
  expect(screen.getByText("Rule “Old”")).toBeTruthy();
  expect(await screen.findAllByText("gone in 29 days")).toHaveLength(2);
});

it("restores what is chosen, and nothing else", async () => {
  const sent = serve();
  const user = userEvent.setup();
  show(<TrashTab page={1} onPage={vi.fn()} />);
  await user.click(await screen.findByRole("checkbox", { name: "Choose Engine" }));
  await user.click(screen.getByRole("button", { name: "Restore" }));
  expect(sent).toEqual([{ path: "/api/trash/restore", method: "POST", body: { ids: ["b"] } }]);
});

it("empties the trash only after a question", async () => {
  const sent = serve();
  const user = userEvent.setup();
  show(<TrashTab page={1} onPage={vi.fn()} />);
  await user.click(await screen.findByRole("button", { name: "Empty trash" }));
  expect(sent).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Delete 2 sessions" }));
  expect(sent).toEqual([{ path: "/api/trash/delete", method: "POST", body: { all: true } }]);
});

it("switches a rule on only after it has said what it would take", async () => {
  const sent = serve();
  const user = userEvent.setup();
  show(<RulesTab page={1} onPage={vi.fn()} />);
  await user.click(await screen.findByRole("switch", { name: "Old is on" }));
  expect(await screen.findByText("Now it would take 7 sessions with 1.0 KB of text.")).toBeTruthy();
  expect(sent).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Switch on" }));
  expect(sent).toEqual([{ path: "/api/cleanup/rules/r", method: "PATCH", body: { enabled: true } }]);
});

it("says what rules removed and why, and names the sessions", async () => {
  serve();
  const user = userEvent.setup();
  const onPage = vi.fn();
  show(<RulesTab page={1} onPage={onPage} />);
  const log = within(await screen.findByRole("region", { name: "Removed by rules" }));
  expect(await log.findAllByText("Not touched for 30 days")).toHaveLength(2);
  expect(log.queryByText("Parser")).toBeNull();

  await user.click(log.getByRole("button", { name: "1,002 sessions" }));
  expect(await log.findByText("Parser")).toBeTruthy();
  expect(log.getByText("Untitled session")).toBeTruthy();
  expect(log.getByText("abc-2")).toBeTruthy();
  expect(log.getByText("1,000 more, which are not named.")).toBeTruthy();
  await user.click(log.getByRole("button", { name: "1 session" }));
  expect(await log.findByText(/Which they were is not known/)).toBeTruthy();

  await user.click(log.getByRole("button", { name: "Older" }));
  expect(onPage).toHaveBeenCalledWith(2);
});
