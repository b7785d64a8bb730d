import PocketBase, { BaseAuthStore } from "pocketbase";

import { ApiError } from "./errors";
import { origin } from "./origin";
import { isSignInBounce, reportSignedOut, SCRIPT_HEADER } from "./signed-out";

/** The one client. The token lives in memory only: `/api/me` gives a new one at any time. */
export const pb = new PocketBase(origin, new BaseAuthStore());

// TanStack Query cancels by signal; the SDK would cancel look-alike requests of its own accord.
pb.autoCancellation(false);

let ensureToken: () => Promise<void> = () => Promise.resolve();

/** Lets the sign-in renew a token that is about to expire before a request uses it. */
export function setTokenGuard(guard: () => Promise<void>): void {
  ensureToken = guard;
}

pb.beforeSend = async (url, options) => {
  // PocketBase takes an expired token for a guest and answers with empty lists, not with 401.
  await ensureToken();
  const headers: Record<string, string> = { ...options.headers, ...SCRIPT_HEADER };
  // A bare token has no scheme, which Authelia, asked about the same request, cannot parse.
  if (pb.authStore.token !== "") headers.Authorization = `Bearer ${pb.authStore.token}`;
  return { url, options: { ...options, headers, redirect: "manual" } };
};

pb.afterSend = (response: Response, data: unknown) => {
  if (isSignInBounce(response)) {
    reportSignedOut();
    throw new ApiError("signed-out", undefined, response.status);
  }
  return data;
};

/** `%`, `_` and `\` are wildcards of PocketBase's `~`; escaped, they mean themselves. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}
