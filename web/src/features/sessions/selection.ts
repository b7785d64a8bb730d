import { type ExportSelection } from "@/lib/export-path";
import { type SessionFilter } from "@/lib/session-filter";

/** Sessions ticked one by one, or all that match the filter but for some. */
export type Selection =
  | { kind: "ids"; ids: ReadonlySet<string> }
  | { kind: "all"; except: ReadonlySet<string> };

/** How the sidecar is told which sessions are meant. */
export type SelectionBody = { ids: string[] } | { filter: SessionFilter; except: string[] };

export const NOTHING: Selection = { kind: "ids", ids: new Set() };
export const EVERYTHING: Selection = { kind: "all", except: new Set() };

const MAX_IDS = 1000;

export function isSelected(selection: Selection, id: string): boolean {
  return selection.kind === "ids" ? selection.ids.has(id) : !selection.except.has(id);
}

export function sizeOf(selection: Selection, total: number): number {
  return selection.kind === "ids" ? selection.ids.size : Math.max(0, total - selection.except.size);
}

/** The selection with these sessions ticked, or without them. */
export function select(selection: Selection, ids: readonly string[], on: boolean): Selection {
  return selection.kind === "ids"
    ? { kind: "ids", ids: change(selection.ids, ids, on) }
    : { kind: "all", except: change(selection.except, ids, !on) };
}

/** The bodies to send, one after the other; each stays within what the sidecar takes at once. */
export function bodiesOf(selection: Selection, filter: SessionFilter): SelectionBody[] {
  if (selection.kind === "all") return [{ filter, except: [...selection.except] }];
  const ids = [...selection.ids];
  return Array.from({ length: Math.ceil(ids.length / MAX_IDS) }, (_, part) => ({ ids: ids.slice(part * MAX_IDS, (part + 1) * MAX_IDS) }));
}

/** The most ids that an address names. */
const MAX_IN_ADDRESS = 1000;

/** What a download is of, where its address can name it. */
export function downloadOf(selection: Selection, filter: SessionFilter): ExportSelection | undefined {
  const ids = selection.kind === "ids" ? selection.ids : selection.except;
  if (ids.size > MAX_IN_ADDRESS) return undefined;
  return selection.kind === "ids" ? { ids: [...ids] } : { filter, except: [...ids] };
}

function change(set: ReadonlySet<string>, ids: readonly string[], isIn: boolean): ReadonlySet<string> {
  const changed = new Set(set);
  for (const id of ids) {
    if (isIn) changed.add(id);
    else changed.delete(id);
  }
  return changed;
}
