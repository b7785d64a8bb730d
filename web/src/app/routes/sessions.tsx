import { getRouteApi } from "@tanstack/react-router";

import { SessionsPage } from "@/features/sessions/components/sessions-page";
import { type SessionsSearch, unlessUsual } from "@/features/sessions/search-params";
import { useDocumentTitle } from "@/hooks/use-document-title";

const route = getRouteApi("/signed-in/sessions");

export function SessionsRoute() {
  useDocumentTitle("Sessions");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: SessionsSearch) => void navigate({ search: (previous) => ({ ...previous, ...part }), replace: true });
  return (
    <SessionsPage
      search={search}
      onFilter={change}
      onSort={(sort) => change({ sort: unlessUsual(sort) })}
      onView={(view) => change({ view: view === "list" ? undefined : view })}
    />
  );
}
