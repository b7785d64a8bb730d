export const SETTINGS_TABS = ["profile", "keys", "agents", "embeddings", "storage", "logs", "account"] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];

export interface SettingsSearch {
  tab?: SettingsTab;
}

export function parseSettingsSearch(search: Record<string, unknown>): SettingsSearch {
  return { tab: SETTINGS_TABS.find((tab) => tab === search.tab) };
}
