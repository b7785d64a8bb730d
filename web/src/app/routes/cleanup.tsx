import { getRouteApi } from "@tanstack/react-router";

import { CleanupPage } from "@/features/cleanup/components/cleanup-page";
import { type CleanupSearch } from "@/features/cleanup/search-params";
import { useDocumentTitle } from "@/hooks/use-document-title";

const route = getRouteApi("/signed-in/cleanup");

export function CleanupRoute() {
  useDocumentTitle("Clean up");
  const navigate = route.useNavigate();
  const onSearch = (search: CleanupSearch) => void navigate({ search, replace: true, resetScroll: false });
  return <CleanupPage search={route.useSearch()} onSearch={onSearch} />;
}
