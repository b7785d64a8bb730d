// Any request may find that the single sign-on session has ended. Whoever finds out says so
// here, and the sign-in (auth-sync.ts) checks it, without the two knowing each other.
const listeners = new Set<() => void>();

export function reportSignedOut(): void {
  for (const listener of listeners) listener();
}

export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * With `redirect: "manual"` a bounce to the sign-in portal is visible instead of followed.
 * Some portals answer with their page at once; nothing that is asked for here is HTML.
 */
export function isSignInBounce(response: Response): boolean {
  return response.status === 401 || response.type === "opaqueredirect" || isRedirect(response.status) || isPage(response);
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}

function isPage(response: Response): boolean {
  return response.ok && response.headers.get("Content-Type")?.startsWith("text/html") === true;
}

/** Says that a script asks, not a person: Authelia then answers 401, where a page would be redirected. */
export const SCRIPT_HEADER = { "X-Requested-With": "XMLHttpRequest" };
