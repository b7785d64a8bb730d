import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitForElementToBeRemoved } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { jobsKey } from "@/lib/query-keys";
import { realtime } from "@/lib/realtime-client";
import { toasts } from "@/lib/toasts";
import { type Job } from "@/types/records";

import { JobsTray } from "./jobs-tray";

const job: Job = {
  id: "j1",
  user: "u1",
  kind: "deleteSessions",
  keep: true,
  status: "running",
  total: 5_000,
  done: 1_234,
  counts: null,
  reason: "",
  rule: "",
  error: "",
  createdAt: 1,
  startedAt: 1,
  finishedAt: 0,
};

function show(...jobs: Job[]) {
  vi.spyOn(realtime, "watch").mockReturnValue(() => undefined);
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  client.setQueryData(jobsKey, jobs);
  const invalidate = vi.spyOn(client, "invalidateQueries").mockResolvedValue();
  render(
    <QueryClientProvider client={client}>
      <JobsTray />
    </QueryClientProvider>,
  );
  return { client, invalidate };
}

it("shows how far running work is", () => {
  show(job);
  expect(screen.getByText("1,234 of 5,000")).toBeTruthy();
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("1234");
});

it("says how work ended that it saw running, and has everything asked for again", async () => {
  const { client, invalidate } = show(job);
  const says = vi.spyOn(toasts, "show").mockReturnValue();
  client.setQueryData(jobsKey, [{ ...job, status: "done", done: 5_000 }]);
  await waitForElementToBeRemoved(() => screen.queryByRole("progressbar"));
  expect(says).toHaveBeenCalledExactlyOnceWith("Moved 5,000 sessions to the trash.", { tone: "neutral" });
  expect(invalidate).toHaveBeenCalledOnce();
});

it("says what was deleted for good where the server keeps no trash, and of work that was over at once", async () => {
  const { client } = show();
  const says = vi.spyOn(toasts, "show").mockReturnValue();
  client.setQueryData(jobsKey, [{ ...job, keep: false, status: "done", done: 1 }]);
  await vi.waitFor(() => expect(says).toHaveBeenCalledExactlyOnceWith("Deleted 1 session for good.", { tone: "neutral" }));
});

it("keeps silent about work that ended before", () => {
  const says = vi.spyOn(toasts, "show").mockReturnValue();
  show({ ...job, status: "failed" });
  expect(says).not.toHaveBeenCalled();
});

it("stops work on request", async () => {
  show(job);
  const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.resolve(Response.json({ job: { ...job, status: "cancelled" } })));
  vi.stubGlobal("fetch", fetch);
  await userEvent.click(screen.getByRole("button", { name: "Stop: Moving sessions to the trash" }));
  expect(fetch).toHaveBeenCalledWith("/api/jobs/j1/cancel", expect.objectContaining({ method: "POST" }));
});
