import { queryOptions, useQuery } from "@tanstack/react-query";

import { useMe } from "@/hooks/use-auth-sync";
import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { inUsualOrder } from "@/lib/sources";

const MOST_SOURCES = 20;

export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: ({ signal }) => storedSources(signal),
  staleTime: 5 * 60_000,
});

/** The agents that can be filtered by: those the user chose in the settings, else those that sent sessions. */
export function useSources(): string[] {
  const enabled = useMe().user.enabledAgents ?? [];
  const stored = useQuery(sourcesQuery).data ?? [];
  return inUsualOrder(enabled.length > 0 ? enabled : stored);
}

/** Jumps from one name to the next along the index of sources: as many small steps as there are names. */
async function storedSources(signal: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  try {
    while (found.length < MOST_SOURCES) {
      const next = await pb.collection<{ source: string }>("sessions").getList(1, 1, {
        filter: pb.filter("source > {:last}", { last: found.at(-1) ?? "" }),
        sort: "source",
        fields: "source",
        skipTotal: true,
        signal,
      });
      const source = next.items[0]?.source;
      if (source === undefined) break;
      found.push(source);
    }
  } catch (error) {
    throw toApiError(error);
  }
  return found;
}
