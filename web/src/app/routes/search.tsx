import { getRouteApi } from "@tanstack/react-router";

import { SearchPage } from "@/features/search/components/search-page";
import { useDocumentTitle } from "@/hooks/use-document-title";

const route = getRouteApi("/signed-in/search");

export function SearchRoute() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  useDocumentTitle(params.q === undefined ? "Search" : `${params.q} – Search`);

  return (
    <SearchPage
      params={params}
      onChange={(change) => {
        // Refining a search replaces it; a first one can be gone back from.
        void navigate({ search: (before) => ({ ...before, ...change }), replace: params.q !== undefined });
      }}
    />
  );
}
