import { SettingsPage } from "@/features/settings/components/settings-page";
import { useDocumentTitle } from "@/hooks/use-document-title";

export function SettingsRoute() {
  useDocumentTitle("Settings");
  return <SettingsPage />;
}
