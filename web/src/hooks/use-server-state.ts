import { useSyncExternalStore } from "react";

import { useRealtimeStatus } from "@/hooks/use-realtime";
import { auth } from "@/lib/auth";
import { type RealtimeStatus } from "@/lib/realtime";

/** Since when the server is missed, Unix milliseconds; null while it answers. */
export function useOfflineSince(): number | null {
  const state = useSyncExternalStore(auth.subscribe, auth.getState);
  return state.status === "signed-in" ? state.offlineSince : null;
}

/** How news arrive, if they do. */
export function useServerState(): RealtimeStatus | "offline" {
  const offlineSince = useOfflineSince();
  const status = useRealtimeStatus();
  return offlineSince === null ? status : "offline";
}
