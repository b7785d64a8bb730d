import { Page } from "@/components/layouts/page";
import { TabPanel, Tabs } from "@/components/ui/tabs";

import { CLEANUP_TABS, type CleanupSearch, type CleanupTab } from "../search-params";

import { CleanTab } from "./clean-tab";
import { RecentWork } from "./recent-work";
import { RulesTab } from "./rules-tab";
import { TrashTab } from "./trash-tab";

const LABELS: Record<CleanupTab, string> = { clean: "Clean up", trash: "Trash", rules: "Rules" };

interface CleanupPageProps {
  search: CleanupSearch;
  onSearch: (search: CleanupSearch) => void;
}

export function CleanupPage({ search, onSearch }: CleanupPageProps) {
  const { tab = "clean", page = 1 } = search;
  const turn = (next: number) => onSearch({ ...search, page: next > 1 ? next : undefined });
  return (
    <Page title="Clean up">
      <Tabs
        label="Clean up"
        items={CLEANUP_TABS.map((value) => ({ value, label: LABELS[value] }))}
        value={tab}
        onChange={(next) => onSearch({ ...search, tab: next === "clean" ? undefined : next, page: undefined })}
      >
        <TabPanel value="clean">
          <CleanTab search={search} onSearch={onSearch} />
        </TabPanel>
        <TabPanel value="trash">
          <TrashTab page={page} onPage={turn} />
        </TabPanel>
        <TabPanel value="rules">
          <RulesTab page={page} onPage={turn} />
        </TabPanel>
      </Tabs>
      <RecentWork />
    </Page>
  );
}
