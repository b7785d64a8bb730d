import { getRouteApi } from "@tanstack/react-router";

import { EvalsPage } from "@/features/evals/components/evals-page";
import { useDocumentTitle } from "@/hooks/use-document-title";

const route = getRouteApi("/signed-in/evals");

export function EvalsRoute() {
  useDocumentTitle("Evals");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return <EvalsPage search={search} onChange={(change) => void navigate({ search: (before) => ({ ...before, ...change }), replace: true })} />;
}
