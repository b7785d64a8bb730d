import { useQuery } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";
import { type Usage } from "@/types/api";

type Name = keyof Usage["names"];
type Figures = Pick<Usage, "names"> & { rows: Pick<Usage["rows"], Name | "sessions"> };

export interface FilterOption {
  value: string;
  count: number;
}

export type FilterOptions = Record<Name, FilterOption[]>;

/** What the user's sessions can be filtered by, most used first. */
export function useFilterOptions() {
  return useQuery({
    queryKey: ["session-filter-options"],
    queryFn: async ({ signal }) => optionsOf(await sidecar<Usage>("/api/usage", { signal, cache: "no-cache" })),
    // New names are rare; a filter does not wait for them.
    staleTime: 5 * 60_000,
  });
}

export function optionsOf({ names, rows }: Figures): FilterOptions {
  const count = (name: Name): FilterOption[] => {
    const counts = names[name].map(() => 0);
    rows[name].forEach((place, row) => {
      counts[place] = (counts[place] ?? 0) + (rows.sessions[row] ?? 0);
    });
    return names[name]
      .map((value, place) => ({ value, count: counts[place] ?? 0 }))
      .filter(({ value }) => value !== "")
      .toSorted((a, b) => b.count - a.count || a.value.localeCompare(b.value));
  };
  return { source: count("source"), model: count("model"), project: count("project"), provider: count("provider") };
}
