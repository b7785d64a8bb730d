import { type Me } from "@/types/api";

import { AuthSync } from "./auth-sync";
import { pb, setTokenGuard } from "./pocketbase";
import { sidecar } from "./sidecar";
import { onSignedOut } from "./signed-out";

export const auth = new AuthSync({
  fetchMe: () => sidecar<Me>("/api/me"),
  onToken: (me) => {
    const previous = pb.authStore.record?.id;
    pb.authStore.save(me.token, me.record);
    // Somebody else signed in, in another tab: nothing of the first user may stay on screen.
    if (previous !== undefined && previous !== me.record.id) window.location.reload();
  },
});

setTokenGuard(auth.ensureToken);
// A 401 may be one request's misfortune: ask again before showing the sign-in page.
onSignedOut(() => {
  if (auth.getState().status === "signed-in") void auth.renew();
});
