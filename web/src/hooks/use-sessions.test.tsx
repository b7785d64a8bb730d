import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import { type ReactNode } from "react";
import { beforeEach, expect, it, vi } from "vitest";

import { pb } from "@/lib/pocketbase";

import { PAGE_SIZE, readSessionIds, useSessionRows } from "./use-sessions";

const fetch = vi.fn<typeof globalThis.fetch>((input) => {
  const page = Number(new URL(input as string).searchParams.get("page"));
  return Promise.resolve(Response.json({ items: Array.from({ length: PAGE_SIZE }, (_, row) => ({ id: `${page}-${row}` })) }));
});

beforeEach(() => {
  fetch.mockClear();
  vi.stubGlobal("fetch", fetch);
});

it("asks only for the pages in view", async () => {
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;

  const { result } = renderHook(() => useSessionRows({}, "-cost", 5 * PAGE_SIZE - 2, 5 * PAGE_SIZE + 9), { wrapper });
  await waitFor(() => expect(result.current.rowAt(5 * PAGE_SIZE)?.id).toBe("6-0"));
  expect(result.current.rowAt(5 * PAGE_SIZE - 1)?.id).toBe(`5-${PAGE_SIZE - 1}`);
  expect(result.current.rowAt(0)).toBeUndefined();
  expect(fetch).toHaveBeenCalledTimes(2);
  expect(new URL(fetch.mock.calls[0]?.[0] as string).searchParams.get("sort")).toBe("-cost,-id");
});

it("stops asking for a page that was scrolled past", async () => {
  const signals: AbortSignal[] = [];
  vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new DOMException("", "AbortError"))));
  });
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;

  const { rerender } = renderHook(({ at }) => useSessionRows({}, "-cost", at, at), { wrapper, initialProps: { at: 0 } });
  await waitFor(() => expect(signals).toHaveLength(1));
  rerender({ at: 40 * PAGE_SIZE });
  await waitFor(() => expect(signals).toHaveLength(2));
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  client.clear();
});

it("reads the ids of a span across pages", async () => {
  const ids = await readSessionIds(new QueryClient(), pb, { filter: {}, sort: "cost", first: PAGE_SIZE - 1, last: 2 * PAGE_SIZE });
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([PAGE_SIZE + 2, `1-${PAGE_SIZE - 1}`, "3-0"]);
});
