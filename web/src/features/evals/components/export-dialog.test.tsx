import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";

import { downloads } from "@/lib/downloads";

import { type EvalPreview } from "../api/export-evals";

import { ExportDialog } from "./export-dialog";

const preview: EvalPreview = {
  sessions: 2,
  testCases: 1234,
  skipped: 1,
  bySource: { pi: 2 },
  byModel: { "gpt-5-mini": 2 },
  byStatus: { unset: 2 },
  warnings: ["1 session is without a case under these options and is left out."],
};
const fetch = vi.fn<(path: string) => Promise<Response>>();

beforeEach(() => {
  // Nothing has an answer of 5,000 characters.
  fetch.mockReset().mockImplementation((path) =>
    Promise.resolve(Response.json(path.includes("minLength=5000") ? { ...preview, sessions: 0, testCases: 0 } : preview)),
  );
  vi.stubGlobal("fetch", fetch);
});

async function open() {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <ExportDialog selection={{ filter: { evalReady: true, evalStatus: "" } }} scope="Of all." />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Export" }));
}

it("asks for nothing before it is opened, then says what the file will hold", async () => {
  await open();
  expect(await screen.findByText("1,234 test cases from 2 sessions")).toBeTruthy();
  expect(screen.getByText(/1 session is without a case/)).toBeTruthy();
  expect(fetch).toHaveBeenCalledTimes(1);
});

it("downloads what was chosen", async () => {
  await open();
  await screen.findByText(/test cases/);
  await userEvent.click(screen.getByRole("radio", { name: "Whole session" }));
  await userEvent.click(screen.getByRole("checkbox", { name: "Mask secrets" }));
  const button = await screen.findByRole("button", { name: "Download" });
  await waitFor(() => expect(button.hasAttribute("disabled")).toBe(false));
  const start = vi.spyOn(downloads, "start").mockResolvedValue();
  await userEvent.click(button);
  const { pathname, searchParams } = new URL(start.mock.calls[0]?.[0] ?? "", "http://x");
  expect(pathname).toBe("/api/export/evals");
  expect(Object.fromEntries(searchParams)).toMatchObject({ format: "deepeval", turnMode: "full", raw: "true", evalReady: "true", evalStatus: "" });
});

it("offers no file without a case in it", async () => {
  await open();
  await screen.findByText(/test cases/);
  await userEvent.clear(screen.getByLabelText("Shortest text, in characters"));
  await userEvent.type(screen.getByLabelText("Shortest text, in characters"), "5000");
  expect(await screen.findByText(/There is nothing to export/)).toBeTruthy();
  expect(screen.getByRole("button", { name: "Download" }).hasAttribute("disabled")).toBe(true);
});
