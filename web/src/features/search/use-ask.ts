import { useEffect, useRef, useState } from "react";

import { toApiError } from "@/lib/errors";

import { ask, type AskSource } from "./api/ask";
import { type SearchParams } from "./search-params";

export interface Answer {
  /** What it answers, so that an answer to an older question is not shown for a newer one. */
  q: string;
  text: string;
  sources: AskSource[];
  citations: number[];
  isRunning: boolean;
  error: Error | null;
}

/** One question at a time; a new one, or leaving the page, ends the one before. */
export function useAsk() {
  const [answer, setAnswer] = useState<Answer>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (params: SearchParams) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const change = (next: (before: Answer) => Answer) => {
      if (!controller.signal.aborted) setAnswer((before) => before && next(before));
    };
    setAnswer({ q: params.q ?? "", text: "", sources: [], citations: [], isRunning: true, error: null });
    try {
      for await (const event of ask(params, controller.signal)) {
        if (event.kind === "sources") change((before) => ({ ...before, sources: event.sources }));
        else if (event.kind === "delta") change((before) => ({ ...before, text: before.text + event.text }));
        else change((before) => ({ ...before, citations: event.citations }));
      }
      change((before) => ({ ...before, isRunning: false }));
    } catch (error) {
      change((before) => ({ ...before, isRunning: false, error: toApiError(error) }));
    }
  };
  const stop = () => {
    running.current?.abort();
    setAnswer(undefined);
  };
  return { answer, start, stop };
}
