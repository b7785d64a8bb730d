import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { localUsage, rowsOf } from "@/lib/analytics";
import { clocksOf, dayFromIso, HOUR_MS } from "@/lib/analytics-calendar";

import { type OverviewSearch } from "../search-params";

import { UsageChart } from "./usage-chart";

const PERIOD = { first: dayFromIso("2026-03-02"), last: dayFromIso("2026-03-03") };

function figures() {
  const zeros = [0, 0, 0];
  const usage = localUsage(
    {
      names: { source: ["pi"], model: ["o3", "gpt-5"], provider: [""], project: [""] },
      lastActive: [0],
      rows: {
        hour: ["2026-03-02T08:00Z", "2026-03-02T09:00Z", "2026-03-03T08:00Z"].map((at) => Date.parse(at) / HOUR_MS),
        source: zeros,
        model: [0, 1, 1],
        provider: zeros,
        project: zeros,
        sessions: [1, 1, 1],
        messages: zeros,
        promptTokens: [100, 10, 1],
        completionTokens: [5, 4, 3],
        totalTokens: [105, 14, 4],
        cacheReadTokens: zeros,
        cacheWriteTokens: zeros,
        cost: [1, 2, 4],
        durationMs: zeros,
      },
    },
    clocksOf("UTC"),
  );
  const rows = rowsOf(usage, {}, PERIOD);
  return { usage, period: PERIOD, rows, before: [], unfiltered: rows };
}

function show(search: OverviewSearch) {
  const onSearch = vi.fn<(change: OverviewSearch) => void>();
  render(<UsageChart figures={figures()} search={{ table: true, ...search }} onSearch={onSearch} />);
  const cells = () => screen.getAllByRole("row").map((row) => [...within(row).queryAllByRole("columnheader"), ...within(row).queryAllByRole("rowheader"), ...within(row).queryAllByRole("cell")].map((cell) => cell.textContent));
  return { onSearch, cells };
}

it("shows the chart in numbers, with sums at the edges", () => {
  const { cells } = show({ metric: "cost" });
  expect(cells()).toEqual([
    ["When", "gpt-5", "o3", "Total"],
    ["Mon, 2 Mar 2026", "$2.00", "$1.00", "$3.00"],
    ["Tue, 3 Mar 2026", "$4.00", "$0.00", "$4.00"],
    ["Total", "$6.00", "$1.00", "$7.00"],
  ]);
});

it("heaps up what is cumulative, and does not add that up again", () => {
  const { cells } = show({ metric: "cost", cumulative: true });
  expect(cells().slice(1)).toEqual([
    ["Mon, 2 Mar 2026", "$2.00", "$1.00", "$3.00"],
    ["Tue, 3 Mar 2026", "$6.00", "$1.00", "$7.00"],
  ]);
});

it("splits tokens into those that went in and those that came out", () => {
  const { cells } = show({ stack: "kind" });
  expect(cells().at(-1)).toEqual(["Total", "111", "12", "123"]);
});

it("takes a line out when its name in the legend is pressed, and brings it back", async () => {
  const { onSearch, cells } = show({ hide: ["o3"] });
  expect(cells()[0]).toEqual(["When", "gpt-5", "Total"]);
  expect(cells().at(-1)?.at(-1)).toBe("18");

  await userEvent.click(screen.getByRole("button", { name: /o3/, pressed: false }));
  expect(onSearch).toHaveBeenLastCalledWith({ hide: undefined });
  await userEvent.click(screen.getByRole("button", { name: /gpt-5/, pressed: true }));
  expect(onSearch).toHaveBeenLastCalledWith({ hide: ["o3", "gpt-5"] });
});
