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
  return SOURCES.find((source) => source.id === id) ?? { id, label: id, color: "--source-other" };
}
