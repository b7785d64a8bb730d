import { Highlighter } from "./highlighter";

/** The one highlighter; its worker, and with it the grammars, is loaded for the first code block. */
export const highlighter = new Highlighter(() => new Worker(new URL("./highlight.worker.ts", import.meta.url), { type: "module" }));
