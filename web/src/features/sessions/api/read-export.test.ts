import { expect, it, vi } from "vitest";

import { pb } from "@/lib/pocketbase";

import { EVERYTHING, NOTHING, select } from "../selection";

import { readExport } from "./read-export";

const ids = Array.from({ length: 501 }, (_, index) => `s${String(index).padStart(3, "0")}`);

/** Answers as PocketBase would for 501 sessions, by the last id of the page before. */
function serve(filters: string[]) {
  vi.stubGlobal("fetch", (url: string) => {
    const filter = new URL(url).searchParams.get("filter") ?? "";
    filters.push(filter);
    const last = /id > "(\w+)"/.exec(filter)?.[1] ?? "";
    const wanted = filter.includes("id = ") ? ids.filter((id) => filter.includes(`"${id}"`)) : ids.filter((id) => id > last).slice(0, 500);
    return Promise.resolve(Response.json({ items: wanted.map((id) => ({ id, cost: 0 })) }));
  });
}

it("reads all that match, page after page, without what was left out", async () => {
  const filters: string[] = [];
  serve(filters);
  const onProgress = vi.fn();
  const rows = await readExport(pb, {
    selection: select(EVERYTHING, ["s003"], false), filter: { source: "pi" }, sort: "-cost", signal: new AbortController().signal, onProgress,
  });
  expect(filters).toEqual(['source = "pi"', 'source = "pi" && id > "s499"']);
  expect([rows.length, rows[0]?.id]).toEqual([500, "s500"]);
  expect(onProgress.mock.calls).toEqual([[499], [500]]);
});

it("asks for ticked sessions a hundred at a time", async () => {
  const filters: string[] = [];
  serve(filters);
  const rows = await readExport(pb, {
    selection: select(NOTHING, ids.slice(0, 250), true), filter: {}, sort: "cost", signal: new AbortController().signal, onProgress: vi.fn(),
  });
  expect(filters).toHaveLength(3);
  expect(Math.max(...filters.map(({ length }) => length))).toBeLessThan(3500);
  expect(rows.map(({ id }) => id)).toEqual(ids.slice(0, 250));
});
