import { type SessionFilter, toList } from "./session-filter";

/** As on the sidecar, where "" is "no verdict yet". */
export type ExportFilter = Omit<SessionFilter, "evalStatus"> & { evalStatus?: SessionFilter["evalStatus"] | "" };

/** Some sessions by their ids, or all that match a filter but a few. */
export type ExportSelection = { ids: readonly string[] } | { filter: ExportFilter; except?: readonly string[] };

type Value = string | number | boolean;

/** The path of a download, with what is wanted as its query. */
export function exportPath(path: string, selection: ExportSelection, options: Record<string, Value>): string {
  const params = new URLSearchParams();
  for (const [name, value] of [...selected(selection), ...Object.entries(options)]) params.append(name, String(value));
  return `${path}?${params}`;
}

function selected(selection: ExportSelection): [string, Value][] {
  if ("ids" in selection) return [["ids", selection.ids.join(",")]];
  const given = Object.entries(selection.filter).flatMap(([name, value]) => toList<Value>(value).map((one): [string, Value] => [name, one]));
  const meant: [string, Value][] = given.length > 0 ? given : [["all", true]];
  const except = selection.except ?? [];
  return except.length > 0 ? [...meant, ["except", except.join(",")]] : meant;
}
