import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { Skeleton } from "@/components/ui/skeleton";
import { type LogsSearch } from "@/features/logs/search-params";
import { SettingsPage } from "@/features/settings/components/settings-page";
import { useDocumentTitle } from "@/hooks/use-document-title";

const StorageSections = lazy(() =>
  import("@/features/storage/components/storage-sections").then((module) => ({ default: module.StorageSections })),
);
const LogsSections = lazy(() => import("@/features/logs/components/logs-sections").then((module) => ({ default: module.LogsSections })));

const route = getRouteApi("/signed-in/settings");

export function SettingsRoute() {
  useDocumentTitle("Settings");
  const { tab = "profile", ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const onSearch = (change: LogsSearch) =>
    void navigate({ search: (previous) => ({ ...previous, ...change }), replace: true, resetScroll: false });
  const contents = {
    storage: (
      <Suspense fallback={<Skeleton className="h-96" />}>
        <StorageSections />
      </Suspense>
    ),
    logs: (
      <Suspense fallback={<Skeleton className="h-96" />}>
        <LogsSections search={search} onSearch={onSearch} />
      </Suspense>
    ),
  };
  return <SettingsPage tab={tab} onTab={(next) => void navigate({ search: { tab: next }, replace: true })} contents={contents} />;
}
