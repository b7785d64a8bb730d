import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { pocketBaseFilter, type SessionFilter } from "@/lib/session-filter";
import { compareBy, type SessionSort } from "@/lib/session-sort";

import { EXPORT_FIELDS, type ExportRow } from "../export-format";
import { isSelected, type Selection } from "../selection";

const ROWS_A_PAGE = 500;
// PocketBase takes filters of up to 3,500 characters.
const IDS_A_PAGE = 100;

interface ExportRequest {
  selection: Selection;
  filter: SessionFilter;
  sort: SessionSort;
  signal: AbortSignal;
  onProgress: (done: number) => void;
}

/** All rows of a selection, read page by page, in the order of the list. */
export async function readExport(client: typeof pb, { selection, filter, sort, signal, onProgress }: ExportRequest): Promise<ExportRow[]> {
  const rows: ExportRow[] = [];
  const pages = selection.kind === "ids" ? pagesOfIds(client, [...selection.ids], signal) : pagesOfFilter(client, filter, signal);
  for await (const page of pages) {
    rows.push(...page.filter(({ id }) => isSelected(selection, id)));
    onProgress(rows.length);
  }
  return rows.sort(compareBy(sort));
}

async function* pagesOfIds(client: typeof pb, ids: readonly string[], signal: AbortSignal) {
  for (let start = 0; start < ids.length; start += IDS_A_PAGE) {
    const terms = ids.slice(start, start + IDS_A_PAGE).map((id) => pb.filter("id = {:id}", { id }));
    yield await readPage(client, terms.join(" || "), IDS_A_PAGE, signal);
  }
}

/** Follows the id, not a page number: a list that changes meanwhile neither repeats a row nor skips one. */
async function* pagesOfFilter(client: typeof pb, filter: SessionFilter, signal: AbortSignal) {
  const matching = pocketBaseFilter(filter);
  let last = "";
  for (;;) {
    const terms = [matching, last === "" ? "" : pb.filter("id > {:last}", { last })].filter((term) => term !== "");
    const page = await readPage(client, terms.join(" && "), ROWS_A_PAGE, signal);
    yield page;
    last = page.at(-1)?.id ?? "";
    if (page.length < ROWS_A_PAGE) return;
  }
}

async function readPage(client: typeof pb, filter: string, perPage: number, signal: AbortSignal): Promise<ExportRow[]> {
  try {
    const list = await client.collection<ExportRow>("sessions").getList(1, perPage, { filter, sort: "id", fields: EXPORT_FIELDS, skipTotal: true, signal });
    return list.items;
  } catch (error) {
    throw toApiError(error);
  }
}
