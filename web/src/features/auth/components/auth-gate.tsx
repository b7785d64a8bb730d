import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";

import { MeContext, useAuthSync } from "@/hooks/use-auth-sync";

import { LoadingPage } from "./loading-page";
import { SignedOutPage } from "./signed-out-page";
import { UnreachablePage } from "./unreachable-page";

/** Shows its children to a signed-in user, and to everyone else what is in the way. */
export function AuthGate({ children }: { children: ReactNode }) {
  const state = useAuthSync();
  useRefetchOnReturn(state.status === "signed-in" && state.offlineSince !== null);
  switch (state.status) {
    case "loading":
      return <LoadingPage />;
    case "signed-out":
      return <SignedOutPage error={state.error} />;
    case "unreachable":
      return <UnreachablePage error={state.error} retryAt={state.retryAt} />;
    case "signed-in":
      return <MeContext value={state.me}>{children}</MeContext>;
  }
}

/** What failed while the server was away is asked for again as soon as it is back. */
function useRefetchOnReturn(isOffline: boolean): void {
  const queryClient = useQueryClient();
  const wasOffline = useRef(isOffline);
  useEffect(() => {
    if (wasOffline.current && !isOffline) void queryClient.invalidateQueries();
    wasOffline.current = isOffline;
  }, [isOffline, queryClient]);
}
