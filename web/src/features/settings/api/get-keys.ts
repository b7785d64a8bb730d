import { queryOptions } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";
import { type ApiKey } from "@/types/api";

export const keysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: async ({ signal }) => (await sidecar<{ keys: ApiKey[] }>("/api/keys", { signal })).keys,
});
