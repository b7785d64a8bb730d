const elsewhere: unknown = import.meta.env.VITE_OPENSYNC_URL;

/**
 * PocketBase and the sidecar share one origin, and plugins are pointed at it too. It is the dashboard's
 * own, unless that was built for a server elsewhere, which then must allow the dashboard's.
 */
export const origin = typeof elsewhere === "string" && elsewhere !== "" ? new URL(elsewhere).origin : window.location.origin;

/** The address of one of the server's paths. */
export function address(path: string): string {
  return origin === window.location.origin ? path : `${origin}${path}`;
}
