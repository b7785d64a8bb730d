import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";

import { AppLayout } from "@/components/layouts/app-layout";
import { MeContext, useAuthSync } from "@/hooks/use-auth-sync";
import { useSessionsRealtime } from "@/hooks/use-realtime";
import { type Me } from "@/types/api";

import { LoadingPage } from "./loading-page";
import { SignedOutPage } from "./signed-out-page";
import { UnreachablePage } from "./unreachable-page";

/** Shows its children to a signed-in user, and to everyone else what is in the way. */
export function AuthGate({ children }: { children: ReactNode }) {
  const state = useAuthSync();
  switch (state.status) {
    case "loading":
      return <LoadingPage />;
    case "signed-out":
      return <SignedOutPage error={state.error} />;
    case "unreachable":
      return <UnreachablePage error={state.error} retryAt={state.retryAt} />;
    case "signed-in":
      return (
        <SignedIn me={state.me} isOffline={state.isOffline}>
          {children}
        </SignedIn>
      );
  }
}

function SignedIn({ me, isOffline, children }: { me: Me; isOffline: boolean; children: ReactNode }) {
  const queryClient = useQueryClient();
  const wasOffline = useRef(isOffline);
  useSessionsRealtime();

  useEffect(() => {
    // What failed while the server was away is asked for again as soon as it is back.
    if (wasOffline.current && !isOffline) void queryClient.invalidateQueries();
    wasOffline.current = isOffline;
  }, [isOffline, queryClient]);

  return (
    <MeContext value={me}>
      <AppLayout isOffline={isOffline}>{children}</AppLayout>
    </MeContext>
  );
}
