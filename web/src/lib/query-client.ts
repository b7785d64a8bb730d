import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { auth } from "./auth";
import { ApiError } from "./errors";

// Whoever misses the server first has the frame look for it.
function onError(error: Error): void {
  if (error instanceof ApiError && error.isAway) auth.check();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      // Realtime events say when data is stale; this is for the times they cannot.
      staleTime: 30_000,
      gcTime: 5 * 60_000,
      // The browser's idea of "offline" is about the internet; this server is often on the same machine.
      networkMode: "always",
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.isTransient,
    },
    mutations: { networkMode: "always", retry: false },
  },
});
