import { origin } from "./origin";

export interface PluginSetup {
  /** The source that its sessions carry. */
  id: string;
  label: string;
  steps: readonly { text: string; command?: string }[];
}

// Some `login` commands take only an address of the old host's form; the server answers there, too.
const compatible = `${origin}/.convex.site`;

/** How to point each plugin here; `apiKey` is filled in where it is known. The how-tos in docs/ say more. */
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
        { text: "URL to enter", command: compatible },
        { text: "Name it in ~/.config/opencode/opencode.json", command: '{ "plugin": ["opencode-sync-plugin"] }' },
      ],
    },
    {
      id: "codex-cli",
      label: "Codex CLI",
      steps: [
        { text: "Install the plugin", command: "npm install -g codex-sync" },
        { text: "Point it here, in your shell profile", command: `export CODEX_SYNC_CONVEX_URL=${origin} CODEX_SYNC_API_KEY=${apiKey}` },
        { text: "Let Codex call it, in ~/.codex/config.toml", command: 'notify = ["codex-sync", "hook", "agent-turn-complete"]' },
      ],
    },
    {
      id: "cursor-sync",
      label: "Cursor",
      steps: [
        { text: "Install the plugin (Cursor 1.7 or later)", command: "npm install -g cursor-opensync-plugin" },
        { text: "Sign in; it asks for the URL and the key", command: "cursor-sync login" },
        { text: "URL to enter, with /.convex.site after it if it is refused", command: origin },
        { text: "Register its hooks", command: "cursor-sync setup" },
      ],
    },
    {
      id: "factory-droid",
      label: "Factory Droid",
      steps: [
        { text: "Install the plugin", command: "npm install -g droid-sync" },
        { text: "Sign in; it asks for the URL and the key", command: "droid-sync login" },
        { text: "URL to enter", command: origin },
      ],
    },
    {
      id: "pi",
      label: "Pi",
      steps: [
        { text: "Install the plugin", command: "pi install https://github.com/joshuadavidthomas/pi-opensync-plugin" },
        { text: "Point it here, in your shell profile", command: `export PI_OPENSYNC_CONVEX_URL=${origin} PI_OPENSYNC_API_KEY=${apiKey}` },
        { text: "Restart pi" },
      ],
    },
  ];
}

export function claudeCodeLine(apiKey: string): string {
  return `export CLAUDE_SYNC_CONVEX_URL=${origin} CLAUDE_SYNC_API_KEY=${apiKey}`;
}
