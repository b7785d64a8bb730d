import { origin } from "./origin";

export interface PluginSetup {
  id: string;
  label: string;
  steps: readonly { text: string; command?: string }[];
}

/** How to point each plugin here; `apiKey` is filled in where it is known. */
export function pluginSetups(apiKey = "osk_…"): PluginSetup[] {
  return [
    {
      id: "claude-code",
      label: "Claude Code",
      steps: [
        { text: "Install the plugin", command: "npm install -g claude-code-sync" },
        { text: "Point it here, in your shell profile", command: claudeCodeLine(apiKey) },
        { text: "Register its hooks and test", command: "claude-code-sync setup && claude-code-sync synctest" },
      ],
    },
    {
      id: "opencode",
      label: "OpenCode",
      steps: [
        { text: "Install the plugin", command: "npm install -g opencode-sync-plugin" },
        { text: "Sign in; it asks for the URL and the key", command: "opencode-sync login" },
        { text: "URL to enter", command: `${origin}/.convex.site` },
      ],
    },
  ];
}

export function claudeCodeLine(apiKey: string): string {
  return `export CLAUDE_SYNC_CONVEX_URL=${origin} CLAUDE_SYNC_API_KEY=${apiKey}`;
}
