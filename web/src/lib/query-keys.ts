/** Keys that a realtime event may make stale; a feature's own keys stay with the feature. */
export interface SessionFilter {
  source?: string;
  q?: string;
}

export const sessionKeys = {
  lists: ["sessions"] as const,
  page: (filter: SessionFilter, page: number) => ["sessions", filter, page] as const,
  details: ["session"] as const,
  detail: (id: string) => ["session", id] as const,
};

export const statsKey = ["stats"] as const;
