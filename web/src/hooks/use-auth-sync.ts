import { createContext, use, useEffect, useSyncExternalStore } from "react";

import { auth } from "@/lib/auth";
import { type AuthState } from "@/lib/auth-sync";
import { type Me } from "@/types/api";

/** Starts the sign-in and keeps it alive; mounted once, by the gate around the signed-in pages. */
export function useAuthSync(): AuthState {
  const state = useSyncExternalStore(auth.subscribe, auth.getState);

  useEffect(() => {
    void auth.renew();
    const onVisible = () => {
      if (document.visibilityState === "visible") auth.wake();
    };
    document.addEventListener("visibilitychange", onVisible);
    window.addEventListener("online", auth.wake);
    return () => {
      document.removeEventListener("visibilitychange", onVisible);
      window.removeEventListener("online", auth.wake);
      auth.stop();
    };
  }, []);

  return state;
}

export const MeContext = createContext<Me | null>(null);

/** Who is signed in; only below the gate. */
export function useMe(): Me {
  const me = use(MeContext);
  if (!me) throw new Error("useMe is for pages behind the sign-in.");
  return me;
}
