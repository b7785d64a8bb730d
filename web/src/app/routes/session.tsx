import { getRouteApi } from "@tanstack/react-router";

import { SessionPage } from "@/features/session/components/session-page";

const route = getRouteApi("/signed-in/sessions/$id");

export function SessionRoute() {
  const { id } = route.useParams();
  const { m } = route.useSearch();
  // Another session is another page: its scroll position and folds start anew.
  return <SessionPage key={id} id={id} messageId={m} />;
}
