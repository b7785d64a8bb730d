import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

import { Invalidator } from "@/lib/invalidator";
import { sessionKeys, statsKey } from "@/lib/query-keys";
import { type RealtimeStatus } from "@/lib/realtime";
import { realtime } from "@/lib/realtime-client";

const THROTTLE_MS = 500;
const STATS_THROTTLE_MS = 5_000;
const REST_AFTER_MS = 60_000;

/** The one subscription to the user's sessions; mounted by the frame of the signed-in pages. */
export function useSessionsRealtime(): void {
  const queryClient = useQueryClient();

  useEffect(() => {
    const sessions = new Invalidator(queryClient, THROTTLE_MS);
    const stats = new Invalidator(queryClient, STATS_THROTTLE_MS);
    const stop = realtime.watch("sessions/*", {
      onEvent: (event) => {
        const id = recordId(event);
        sessions.add([sessionKeys.lists, id === undefined ? sessionKeys.details : sessionKeys.detail(id)]);
        stats.add([statsKey]);
      },
      onCatchUp: () => {
        sessions.add([sessionKeys.lists, sessionKeys.details]);
        stats.add([statsKey]);
      },
    });
    return () => {
      stop();
      sessions.stop();
      stats.stop();
    };
  }, [queryClient]);
}

/** Gives the connection back a while after the page was last seen. */
export function useRealtimeRest(): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onVisibility = () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible") realtime.resume();
      else timer = setTimeout(realtime.rest, REST_AFTER_MS);
    };
    if (document.visibilityState === "hidden") realtime.rest();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, []);
}

export function useRealtimeStatus(): RealtimeStatus {
  return useSyncExternalStore(realtime.subscribeStatus, realtime.getStatus);
}

function recordId(event: unknown): string | undefined {
  const id = (event as { record?: { id?: unknown } } | null)?.record?.id;
  return typeof id === "string" ? id : undefined;
}
