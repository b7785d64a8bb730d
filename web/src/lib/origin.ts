/** The dashboard, PocketBase and the sidecar share one origin; plugins are pointed at it too. */
export const origin = window.location.origin;
