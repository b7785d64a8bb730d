const STORAGE_KEY = "opensync-portal-visit";
const PAUSE_MS = 60_000;

interface Dependencies {
  storage: Pick<Storage, "getItem" | "setItem">;
  reload: () => void;
  now?: () => number;
}

/**
 * Loads the same address anew, which leads through the sign-in portal and back to this place.
 * At most once a minute: where the portal does not help, the page says so instead of turning in circles.
 */
export function visitPortal({ storage, reload, now = Date.now }: Dependencies): boolean {
  try {
    const last = Number(storage.getItem(STORAGE_KEY) ?? 0);
    if (Math.abs(now() - last) < PAUSE_MS) return false;
    storage.setItem(STORAGE_KEY, String(now()));
  } catch {
    // Without storage nothing would stop the circle.
    return false;
  }
  reload();
  return true;
}
