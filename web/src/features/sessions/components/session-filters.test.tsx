import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode } from "react";
import { beforeEach, expect, it, vi } from "vitest";

import { FilterPills } from "./filter-pills";
import { SessionFilters } from "./session-filters";

const usage = { names: { source: ["aider"], model: [], project: [], provider: [] }, rows: { source: [0], model: [], project: [], provider: [], sessions: [7] } };

beforeEach(() => vi.stubGlobal("fetch", () => Promise.resolve(Response.json(usage))));

function withQueries(children: ReactNode) {
  return <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>;
}

it("waits for a pause in typing", async () => {
  const onFilter = vi.fn();
  render(withQueries(<SessionFilters params={{}} onFilter={onFilter} />));
  await userEvent.type(screen.getByLabelText("Filter by title"), "login");
  expect(onFilter).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(onFilter).toHaveBeenCalledExactlyOnceWith({ q: "login" }));
});

it("follows the address when it changes by itself", () => {
  const { rerender } = render(withQueries(<SessionFilters params={{ q: "login" }} onFilter={vi.fn()} />));
  rerender(withQueries(<SessionFilters params={{}} onFilter={vi.fn()} />));
  expect(screen.getByLabelText<HTMLInputElement>("Filter by title").value).toBe("");
});

it("offers the agents that there are, and the one the address asks for", async () => {
  const onFilter = vi.fn();
  render(withQueries(<SessionFilters params={{ source: "goose" }} onFilter={onFilter} />));
  await userEvent.click(screen.getByRole("button", { name: /^Agent/ }));
  await userEvent.click(await screen.findByRole("option", { name: /aider/ }));
  expect(screen.getByRole("option", { name: /goose/ })).toBeTruthy();
  expect(onFilter).toHaveBeenCalledExactlyOnceWith({ source: ["goose", "aider"] });
});

it("takes one condition away, or all", async () => {
  const onFilter = vi.fn();
  render(<FilterPills params={{ zeroCost: true, source: ["pi", "opencode"] }} onFilter={onFilter} />);
  await userEvent.click(screen.getByRole("button", { name: "Remove the filter Pi" }));
  expect(onFilter).toHaveBeenLastCalledWith({ source: "opencode" });
  await userEvent.click(screen.getByRole("button", { name: "Clear" }));
  expect(onFilter).toHaveBeenLastCalledWith(expect.objectContaining({ zeroCost: undefined, source: undefined }));
});
