import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from "@tanstack/react-router";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { MeContext } from "@/hooks/use-auth-sync";
import { sourcesQuery } from "@/hooks/use-sources";
import { makeMe } from "@/testing/factories";

import { useSourceFilter } from "./use-source-filter";

function Probe() {
  const { sources, options, setSource } = useSourceFilter();
  return (
    <>
      <p data-testid="state">{`${sources.join()} of ${options.join()}`}</p>
      <button type="button" onClick={() => setSource("pi")}>
        choose
      </button>
      <Outlet />
    </>
  );
}

async function open(address: string, enabledAgents: string[] | null = ["pi"]) {
  const root = createRootRoute({ component: Probe });
  const paths = ["/", "/sessions", "/settings"].map((path) =>
    createRoute({ getParentRoute: () => root, path, validateSearch: (search: Record<string, unknown>) => search }),
  );
  const router = createRouter({ routeTree: root.addChildren(paths), history: createMemoryHistory({ initialEntries: [address] }) });
  const client = new QueryClient();
  client.setQueryData(sourcesQuery.queryKey, ["opencode", "acme"]);
  const me = makeMe();
  render(
    <QueryClientProvider client={client}>
      <MeContext value={{ ...me, user: { ...me.user, enabledAgents } }}>
        <RouterProvider router={router} />
      </MeContext>
    </QueryClientProvider>,
  );
  await screen.findByTestId("state");
  return { router, state: () => screen.getByTestId("state").textContent };
}

it("offers the agents that were chosen, and the one that a link leads to", async () => {
  const { state } = await open("/sessions?source=acme");
  expect(state()).toBe("acme of pi,acme");
});

it("offers those that sent sessions, in the usual order, where none were chosen", async () => {
  const { state } = await open("/sessions", null);
  expect(state()).toBe(" of opencode,acme");
});

it("changes the address of a page that it narrows, and keeps the rest of it", async () => {
  const { router, state } = await open("/sessions?q=x");
  await userEvent.click(screen.getByText("choose"));
  expect(router.state.location.search).toEqual({ q: "x", source: "pi" });
  expect(state()).toMatch(/^pi of/);
});

it("leads from another page to the sessions of the agent", async () => {
  const { router } = await open("/settings");
  await userEvent.click(screen.getByText("choose"));
  expect(router.state.location.href).toBe("/sessions?source=pi");
});

it("remembers the agent while a page without one is open", async () => {
  const { router, state } = await open("/?source=pi");
  await router.navigate({ to: "/settings" });
  expect(await screen.findByText(/^pi of/)).toBeTruthy();
  await router.navigate({ to: "/" });
  expect(state()).toMatch(/^ of/);
});
