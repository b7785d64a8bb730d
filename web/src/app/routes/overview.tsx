import { getRouteApi } from "@tanstack/react-router";

import { Overview } from "@/features/overview/components/overview";
import { type OverviewSearch, present } from "@/features/overview/search-params";
import { useDocumentTitle } from "@/hooks/use-document-title";

const route = getRouteApi("/signed-in/");

export function OverviewRoute() {
  useDocumentTitle("Overview");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onSearch = (change: OverviewSearch) =>
    void navigate({ search: (previous) => present({ ...previous, ...change }), replace: true, resetScroll: false });
  return <Overview search={search} onSearch={onSearch} />;
}
