import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { type LogSummary } from "../api/get-summary";

import { GroupsSection } from "./groups-section";

const times = { p50: 12, p95: 80, p99: null };
const some = { requests: 8, refused: 1, failed: 0, ...times };

const summary: LogSummary = {
  from: 0,
  to: 1,
  step: 1,
  keepDays: 30,
  total: some,
  steps: [],
  keys: [{ id: "", name: "", prefix: "", ...some }],
  endpoints: [{ method: "POST", endpoint: "/sync/batch", ...some }],
  statuses: [{ status: 401, ...some }],
};

it("narrows the page to the endpoint, key or status that is chosen", async () => {
  const onSearch = vi.fn();
  render(<GroupsSection summary={summary} search={{ range: "7d", page: 4 }} onSearch={onSearch} />);
  await userEvent.click(screen.getByRole("button", { name: "POST /sync/batch" }));
  await userEvent.click(screen.getByRole("radio", { name: "Key" }));
  await userEvent.click(screen.getByRole("button", { name: "Dashboard, no key" }));
  await userEvent.click(screen.getByRole("radio", { name: "Status" }));
  await userEvent.click(screen.getByRole("button", { name: "401" }));
  expect(onSearch.mock.calls.map(([change]: unknown[]) => change)).toEqual([
    { range: "7d", page: undefined, endpoint: "POST /sync/batch" },
    { range: "7d", page: undefined, key: "none" },
    { range: "7d", page: undefined, status: 401 },
  ]);
});

it("says how long requests took, and that it is not known without any", () => {
  render(<GroupsSection summary={summary} search={{}} onSearch={vi.fn()} />);
  const cells = screen.getAllByRole("cell").map(({ textContent }) => textContent);
  expect(cells).toEqual(["8", "1", "0", "12 ms", "80 ms", "–"]);
});
