import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import { type ReactNode } from "react";
import { expect, test, vi } from "vitest";

import { sessionKeys } from "@/lib/query-keys";

import { useReview, useSaveReview } from "./review";

const before = { title: "Parser", evalStatus: "", evalTags: null, evalNotes: "", expectedOutput: "" };

/** Answers reads with what is stored, and changes when `answer` is called. */
function serve() {
  let stored: object = before;
  const waiting: (() => void)[] = [];
  vi.stubGlobal("fetch", (_url: string, { method = "GET", body }: { method?: string; body?: string } = {}) => {
    if (method !== "PATCH" || body === undefined) return Promise.resolve(Response.json(stored));
    return new Promise((resolve) => {
      waiting.push(() => {
        stored = { ...stored, ...(JSON.parse(body) as object) };
        resolve(Response.json(stored));
      });
    });
  });
  return { answer: () => waiting.shift()?.() };
}

function open() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
  const { result } = renderHook(() => ({ review: useReview("s1"), save: useSaveReview("s1") }), { wrapper });
  return { client, result };
}

test("what is on its way to be stored is shown, whatever is read meanwhile", async () => {
  const { answer } = serve();
  const { client, result } = open();
  await waitFor(() => expect(result.current.review.stored?.evalTags).toEqual([]));

  act(() => {
    result.current.save.mutate({ evalTags: ["a"] });
    result.current.save.mutate({ evalStatus: "golden" });
  });
  await act(() => client.invalidateQueries({ queryKey: sessionKeys.detail("s1") }));
  expect(result.current.review.shown).toMatchObject({ evalTags: ["a"], evalStatus: "golden" });
  expect(result.current.review.stored).toMatchObject({ evalTags: [], evalStatus: "" });
  act(answer);
  await waitFor(() => expect(result.current.review.stored?.evalTags).toEqual(["a"]));
  expect(result.current.review.shown?.evalStatus).toBe("golden");
  act(answer);

  await waitFor(() => expect(result.current.review.stored?.evalStatus).toBe("golden"));
});
