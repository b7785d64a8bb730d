import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import { type ReactNode } from "react";
import { expect, it, vi } from "vitest";

import { PAGE_SIZE, sessionFilter, useSessionRows } from "./use-sessions";

it("binds what the user typed", () => {
  expect(sessionFilter({})).toBe("");
  expect(sessionFilter({ source: "pi" })).toBe('source = "pi"');
  expect(sessionFilter({ q: '" || id != "' })).toBe(String.raw`title ~ "\" || id != \""`);
  expect(sessionFilter({ source: "pi", q: "50%" })).toBe(String.raw`source = "pi" && title ~ "50\\%"`);
});

it("asks only for the pages in view", async () => {
  const fetch = vi.fn<typeof globalThis.fetch>((input) => {
    const page = Number(new URL(input as string).searchParams.get("page"));
    return Promise.resolve(Response.json({ items: Array.from({ length: PAGE_SIZE }, (_, row) => ({ id: `${page}-${row}` })) }));
  });
  vi.stubGlobal("fetch", fetch);
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;

  const { result } = renderHook(() => useSessionRows({}, 5 * PAGE_SIZE - 2, 5 * PAGE_SIZE + 9), { wrapper });
  await waitFor(() => expect(result.current.rowAt(5 * PAGE_SIZE)?.id).toBe("6-0"));
  expect(result.current.rowAt(5 * PAGE_SIZE - 1)?.id).toBe(`5-${PAGE_SIZE - 1}`);
  expect(result.current.rowAt(0)).toBeUndefined();
  expect(fetch).toHaveBeenCalledTimes(2);
});
