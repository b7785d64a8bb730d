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

async function storedSources(signal: AbortSignal): Promise<string[]> {
  try {
    const agents = await pb
      .collection<{ source: string }>("agents")
      .getList(1, MOST_SOURCES, { filter: 'source != ""', sort: "-sessions", fields: "source", skipTotal: true, signal });
    return agents.items.map(({ source }) => source);
  } catch (error) {
    throw toApiError(error);
  }
}
