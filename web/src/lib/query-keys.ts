import { type SessionFilter } from "./session-filter";
import { type SessionSort } from "./session-sort";

/** Keys that a realtime event may make stale; a feature's own keys stay with the feature. */
export const sessionKeys = {
  lists: ["sessions"] as const,
  page: (filter: SessionFilter, sort: SessionSort, page: number) => ["sessions", filter, sort, page] as const,
  timeline: (filter: SessionFilter, page: number) => ["sessions", "timeline", filter, page] as const,
  details: ["session"] as const,
  detail: (id: string) => ["session", id] as const,
};

export const statsKey = ["stats"] as const;
export const jobsKey = ["jobs"] as const;
