import { useSyncExternalStore } from "react";

import { useRealtimeStatus } from "@/hooks/use-realtime";
import { auth } from "@/lib/auth";
import { type RealtimeStatus } from "@/lib/realtime";

interface Outage {
  /** Unix milliseconds. */
  since: number;
  /** The sidecar answers, so what agents send is kept. */
  isOnlyDatabase: boolean;
}

/** What is missed, and since when; null while all of it answers. */
export function useOutage(): Outage | null {
  const state = useSyncExternalStore(auth.subscribe, auth.getState);
  if (state.status !== "signed-in" || state.offlineSince === null) return null;
  return { since: state.offlineSince, isOnlyDatabase: state.isOnlyDatabase };
}

/** How news arrive, if they do. */
export function useServerState(): RealtimeStatus | "offline" {
  const outage = useOutage();
  const status = useRealtimeStatus();
  return outage === null ? status : "offline";
}
