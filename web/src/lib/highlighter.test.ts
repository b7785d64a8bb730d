import { expect, it, vi } from "vitest";

import { Highlighter, type HighlightRequest, type HighlightWorker } from "./highlighter";

/** A worker that answers when told to. */
class Stand implements HighlightWorker {
  onmessage: HighlightWorker["onmessage"] = null;
  onerror: HighlightWorker["onerror"] = null;
  asked: HighlightRequest[] = [];
  postMessage = (request: HighlightRequest) => void this.asked.push(request);
  terminate = vi.fn();
  answer() {
    const { id, code } = this.asked.at(-1) ?? { id: 0, code: "" };
    this.onmessage?.(new MessageEvent("message", { data: { id, spans: [{ text: code, className: "hljs-keyword" }] } }));
  }
}

function make() {
  const workers: Stand[] = [];
  const highlighter = new Highlighter(() => {
    const worker = new Stand();
    workers.push(worker);
    return worker;
  }, 50);
  return { highlighter, workers };
}

it("answers once, and from memory after that", () => {
  const { highlighter, workers } = make();
  const done = vi.fn();
  highlighter.highlight("ts", "let", done);
  expect(highlighter.known("ts", "let")).toBeUndefined();
  workers[0]?.answer();
  expect(done).toHaveBeenCalledExactlyOnceWith([{ text: "let", className: "hljs-keyword" }]);
  expect(highlighter.known("ts", "let")).toHaveLength(1);
});

it("gives up on code that stalls its worker, and goes on with the next", () => {
  vi.useFakeTimers();
  const { highlighter, workers } = make();
  const stalled = vi.fn();
  const next = vi.fn();
  highlighter.highlight("ts", "evil", stalled);
  highlighter.highlight("ts", "good", next);
  vi.advanceTimersByTime(60);
  expect(stalled).toHaveBeenCalledExactlyOnceWith(null);
  expect(workers[0]?.terminate).toHaveBeenCalledOnce();
  workers[1]?.answer();
  expect(next).toHaveBeenCalledOnce();
});

it("does nothing for code that left the screen", () => {
  const { highlighter, workers } = make();
  highlighter.highlight("ts", "first", vi.fn());
  const cancel = highlighter.highlight("ts", "second", vi.fn());
  cancel();
  workers[0]?.answer();
  expect(workers[0]?.asked.map(({ code }) => code)).toEqual(["first"]);
});

it("leaves code plain where there are no workers, and code that is very long", () => {
  const highlighter = new Highlighter(() => {
    throw new Error("no workers here");
  });
  const done = vi.fn();
  highlighter.highlight("ts", "let", done);
  expect(done).toHaveBeenCalledWith(null);
  expect(highlighter.known("ts", "x".repeat(100_000))).toBeNull();
});
