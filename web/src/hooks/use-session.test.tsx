import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import { type ReactNode } from "react";
import { expect, it, vi } from "vitest";

import { sessionKeys } from "@/lib/query-keys";
import { type StoredMessage, type Transcript, type TranscriptPage } from "@/lib/transcript-pages";
import { makeMessage } from "@/testing/factories";

import { useTranscript } from "./use-session";

const at = (createdAt: number, textContent = ""): StoredMessage => ({ ...makeMessage({ id: `m${createdAt}`, createdAt, textContent }), seq: 1 });

/** A server that answers with these pages, one after the other, to who knows `known` already. */
function serve(pages: TranscriptPage[], known?: Transcript) {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path.split("?")[1] ?? "");
    return Promise.resolve(Response.json(pages[asked.length - 1]));
  });
  const client = new QueryClient();
  client.setQueryData([...sessionKeys.detail("s1"), "transcript"], known);
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
  return { asked, client, ...renderHook(() => useTranscript("s1"), { wrapper }) };
}

it("reads page after page, and after an event only what changed", async () => {
  const { asked, client, result } = serve([
    { messages: [at(1)], cursor: "c1", watermark: "w1" },
    { messages: [at(2)], cursor: null, watermark: "w2" },
    { messages: [at(2, "edited"), at(3)], cursor: null, watermark: "w3" },
  ]);
  await waitFor(() => expect(result.current.isWhole).toBe(true));
  const [first] = result.current.messages ?? [];

  await client.invalidateQueries({ queryKey: sessionKeys.detail("s1") });
  await waitFor(() => expect(result.current.messages).toHaveLength(3));
  expect(result.current.messages?.[0]).toBe(first);
  expect(result.current.messages?.[1]?.textContent).toBe("edited");
  expect(asked).toEqual(["limit=100", "limit=1000&after=c1", "limit=1000&since=w1"]);
});

it("goes on where an event cut a reading off, then reads what changed meanwhile", async () => {
  const { asked, result } = serve(
    [
      { messages: [at(2)], cursor: null, watermark: "w2" },
      { messages: [at(3)], cursor: null, watermark: "w3" },
    ],
    { messages: [at(1)], watermark: "", run: { since: "", after: "c1", watermark: "w1" } },
  );
  await waitFor(() => expect(result.current.messages).toHaveLength(3));
  expect(asked).toEqual(["limit=1000&after=c1", "limit=1000&since=w1"]);
});
