import { queryOptions } from "@tanstack/react-query";

import { statsKey } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";
import { type Stats } from "@/types/api";

export const statsQuery = queryOptions({
  queryKey: statsKey,
  queryFn: ({ signal }) => sidecar<Stats>("/api/stats", { signal }),
});
