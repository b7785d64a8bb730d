import { getRouteApi } from "@tanstack/react-router";

import { SessionsPage } from "@/features/sessions/components/sessions-page";
import { useDocumentTitle } from "@/hooks/use-document-title";
import { type SessionFilter } from "@/lib/query-keys";

const route = getRouteApi("/signed-in/sessions");

export function SessionsRoute() {
  useDocumentTitle("Sessions");
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const onFilter = (change: SessionFilter) =>
    void navigate({ search: (previous) => ({ ...previous, ...change }), replace: true });
  return <SessionsPage filter={filter} onFilter={onFilter} />;
}
