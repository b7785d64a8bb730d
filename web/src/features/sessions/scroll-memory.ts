const PREFIX = "opensync.sessions.scroll:";

/** Where the list stood at an entry of the browser's history; Back returns there. */
export function recallScroll(entry: string): number {
  try {
    return Number(sessionStorage.getItem(PREFIX + entry) ?? 0);
  } catch {
    return 0;
  }
}

export function rememberScroll(entry: string, offset: number): void {
  try {
    sessionStorage.setItem(PREFIX + entry, String(Math.round(offset)));
  } catch {
    // Storage is full or switched off: Back then leads to the top.
  }
}
