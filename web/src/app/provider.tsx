import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode } from "react";

import { CrashPage } from "@/components/errors/crash-page";
import { ErrorBoundary } from "@/components/errors/error-boundary";
import { queryClient } from "@/lib/query-client";

export function AppProvider({ children }: { children: ReactNode }) {
  return (
    <ErrorBoundary fallback={(error, reset) => <CrashPage error={error} reset={reset} />}>
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </ErrorBoundary>
  );
}
