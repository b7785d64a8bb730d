import { type Me } from "@/types/api";

import { AuthSync } from "./auth-sync";
import { pb, setTokenGuard } from "./pocketbase";
import { visitPortal } from "./portal";
import { sidecar } from "./sidecar";
import { onSignedOut } from "./signed-out";

/** A server that takes longer is as good as away. */
const PATIENCE_MS = 15_000;

export const auth = new AuthSync({
  fetchMe: () => sidecar<Me>("/api/me", { signal: AbortSignal.timeout(PATIENCE_MS) }),
  onToken: (me) => {
    const previous = pb.authStore.record?.id;
    pb.authStore.save(me.token, me.record);
    // Somebody else signed in, in another tab: nothing of the first user may stay on screen.
    if (previous !== undefined && previous !== me.record.id) window.location.reload();
  },
  onLost: () => visitPortal({ storage: sessionStorage, reload: () => window.location.reload() }),
});

setTokenGuard(auth.ensureToken);
// A 401 may be one request's misfortune: ask again before giving the sign-in up.
onSignedOut(auth.check);
