import { type ReactNode } from "react";

import { Page, Section } from "@/components/layouts/page";
import { PluginSetup } from "@/components/plugin-setup";
import { TabPanel, Tabs } from "@/components/ui/tabs";

import { SETTINGS_TABS, type SettingsTab } from "../search-params";

import { AgentsSection } from "./agents-section";
import { DangerSection } from "./danger-section";
import { EmbeddingsSection } from "./embeddings-section";
import { KeysSection } from "./keys-section";
import { LinksSection } from "./links-section";
import { ProfileSection } from "./profile-section";

/** Tabs that are features of their own. */
export type SettingsContents = Record<"storage" | "logs", ReactNode>;

const TABS: Record<SettingsTab, { label: string; content: (contents: SettingsContents) => ReactNode }> = {
  profile: {
    label: "Profile",
    content: () => (
      <>
        <ProfileSection />
        <LinksSection />
      </>
    ),
  },
  keys: { label: "API keys", content: () => <KeysSection /> },
  agents: {
    label: "Agents",
    content: () => (
      <>
        <Section title="Connect an agent" description="Plugins send their sessions to this server. Put your own key in place of osk_…">
          <PluginSetup />
        </Section>
        <AgentsSection />
      </>
    ),
  },
  embeddings: { label: "Search", content: () => <EmbeddingsSection /> },
  storage: { label: "Storage", content: ({ storage }) => storage },
  logs: { label: "API log", content: ({ logs }) => logs },
  account: { label: "Account", content: () => <DangerSection /> },
};

interface SettingsPageProps {
  tab: SettingsTab;
  onTab: (tab: SettingsTab) => void;
  contents: SettingsContents;
}

export function SettingsPage({ tab, onTab, contents }: SettingsPageProps) {
  return (
    <Page title="Settings" isNarrow>
      <Tabs label="Settings" items={SETTINGS_TABS.map((value) => ({ value, label: TABS[value].label }))} value={tab} onChange={onTab}>
        {SETTINGS_TABS.map((name) => (
          <TabPanel key={name} value={name} className="grid grid-cols-[minmax(0,1fr)] gap-5">
            {TABS[name].content(contents)}
          </TabPanel>
        ))}
      </Tabs>
    </Page>
  );
}
