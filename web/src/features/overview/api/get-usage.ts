import { queryOptions } from "@tanstack/react-query";

import { momentsOf, periodBefore } from "@/lib/analytics-calendar";
import { statsKey } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";
import { type Usage } from "@/types/api";

import { type Asked } from "../period";

/** Sums of the days asked for, and of as many before to compare them with. */
export function usageQuery(asked: Asked) {
  return queryOptions({
    queryKey: [...statsKey, "usage", asked],
    queryFn: async ({ signal }) => {
      const usage = await sidecar<Usage>(`/api/usage${queryOf(asked)}`, { signal, cache: "no-cache" });
      // With what was asked: while another range loads, this answer still shows as what it is.
      return { usage, asked };
    },
  });
}

function queryOf({ first, last, isAll }: Asked): string {
  if (isAll) return "";
  const { to } = momentsOf({ first: last, last });
  if (first === undefined) return `?to=${to}`;
  const { from } = momentsOf(periodBefore({ first, last }));
  return `?from=${from}&to=${to}`;
}
