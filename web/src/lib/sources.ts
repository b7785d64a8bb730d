import { firstLine } from "./text";

export interface Source {
  id: string;
  label: string;
  /** Name of a CSS variable; see styles/index.css. */
  color: string;
}

export const SOURCES: readonly Source[] = [
  { id: "claude-code", label: "Claude Code", color: "--source-claude" },
  { id: "opencode", label: "OpenCode", color: "--source-opencode" },
  { id: "codex-cli", label: "Codex CLI", color: "--source-codex" },
  { id: "cursor-sync", label: "Cursor", color: "--source-cursor" },
  { id: "factory-droid", label: "Factory Droid", color: "--source-droid" },
  { id: "pi", label: "Pi", color: "--source-pi" },
];

/** New agents arrive by name: an unknown one shows under its own, never as another. */
export function sourceOf(id: string | null | undefined): Source {
  if (!id) return { id: "", label: "Unknown", color: "--source-other" };
  return SOURCES.find((source) => source.id === id) ?? { id, label: firstLine(id, 40) || "Unknown", color: "--source-other" };
}

/** Each once, the known ones first, as people are used to see them. */
export function inUsualOrder(ids: readonly string[]): string[] {
  const place = (id: string) => {
    const index = SOURCES.findIndex((source) => source.id === id);
    return index < 0 ? SOURCES.length : index;
  };
  return [...new Set(ids)].filter(Boolean).sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** As the address holds it: one by itself, several as a list. */
export function oneOrSeveral(sources: readonly string[]): string | string[] | undefined {
  return sources.length > 1 ? [...sources] : sources[0];
}
