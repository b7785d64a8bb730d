import { Page, Section } from "@/components/layouts/page";
import { PluginSetup } from "@/components/plugin-setup";

import { KeysSection } from "./keys-section";
import { LinksSection } from "./links-section";
import { ProfileSection } from "./profile-section";

export function SettingsPage() {
  return (
    <Page title="Settings" isNarrow>
      <ProfileSection />
      <KeysSection />
      <Section title="Connect an agent" description="Plugins send their sessions to this server. Put your own key in place of osk_…">
        <PluginSetup />
      </Section>
      <LinksSection />
    </Page>
  );
}
