import { useEffect, useEffectEvent, useRef } from "react";

import { isTyping, type Shortcut, ShortcutReader } from "@/lib/shortcuts";

interface Options {
  shortcuts: readonly Shortcut[];
  onPalette: () => void;
}

/** Listens on the whole page: Ctrl or Cmd + K everywhere, the others where no field has the focus. */
export function useShortcuts({ shortcuts, onPalette }: Options): void {
  const reader = useRef(new ShortcutReader());

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "k" || event.shiftKey) return;
      event.preventDefault();
      onPalette();
      return;
    }
    if (isTyping(event.target)) return;
    const shortcut = reader.current.read(event.key, event.timeStamp, shortcuts);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  });

  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}
