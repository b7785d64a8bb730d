import { getRouteApi } from "@tanstack/react-router";

import { PublicLayout } from "@/components/layouts/public-layout";
import { PublishedPage } from "@/features/public/components/published-page";

const route = getRouteApi("/s/$slug");

export function PublicRoute() {
  const { slug } = route.useParams();
  return (
    <PublicLayout>
      <PublishedPage slug={slug} />
    </PublicLayout>
  );
}
