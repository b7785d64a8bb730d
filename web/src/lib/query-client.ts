import { QueryClient } from "@tanstack/react-query";

import { ApiError } from "./errors";

export const queryClient = new QueryClient({
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
