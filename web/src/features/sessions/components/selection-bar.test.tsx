import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { EVERYTHING, NOTHING, select, type Selection } from "../selection";

import { SelectionBar } from "./selection-bar";

function setUp(selection: Selection, answer: () => Response) {
  const fetch = vi.fn<(url: string, init: { body: string }) => Promise<Response>>(() => Promise.resolve(answer()));
  vi.stubGlobal("fetch", fetch);
  const onSelect = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SelectionBar selection={selection} onSelect={onSelect} filter={{ zeroCost: true }} total={1200} />
    </QueryClientProvider>,
  );
  return { onSelect, sent: () => fetch.mock.calls.map(([url, { body }]) => [url, JSON.parse(body) as unknown]) };
}

it("deletes all that match, less what was unticked, once that is confirmed with the number", async () => {
  const { onSelect, sent } = setUp(select(EVERYTHING, ["a"], false), () => Response.json({ job: {} }, { status: 202 }));
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect(sent()).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Delete 1,199 sessions" }));
  await vi.waitFor(() => expect(onSelect).toHaveBeenCalledExactlyOnceWith(NOTHING));
  expect(sent()).toEqual([["/api/sessions/delete", { filter: { zeroCost: true }, except: ["a"] }]]);
});

it("keeps the question open when deleting could not begin", async () => {
  const { onSelect } = setUp(select(NOTHING, ["a"], true), () => Response.json({ error: "Another deletion runs. Wait for it." }, { status: 409 }));
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  await userEvent.click(screen.getByRole("button", { name: "Delete 1 session" }));
  await screen.findByText("Another deletion runs. Wait for it.");
  expect(onSelect).not.toHaveBeenCalled();
});

it("marks the ticked sessions for evals, and offers all that match", async () => {
  const { onSelect, sent } = setUp(select(NOTHING, ["a", "b"], true), () => Response.json({ updated: 2 }));
  await userEvent.click(screen.getByRole("button", { name: "Evals" }));
  await userEvent.click(screen.getByRole("menuitem", { name: "Golden" }));
  await vi.waitFor(() => expect(sent()).toEqual([["/api/sessions/update", { ids: ["a", "b"], set: { evalStatus: "golden" } }]]));
  await userEvent.click(screen.getByRole("button", { name: "Select all 1,200 that match" }));
  expect(onSelect).toHaveBeenCalledExactlyOnceWith(EVERYTHING);
});
