const isApple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

export const commandKey = isApple ? "⌘" : "Ctrl";

/** One key, or two in a row within a second; and the help that lists them. */
export interface Shortcut {
  keys: readonly [string] | readonly [string, string];
  label: string;
  run: () => void;
}

const BETWEEN_KEYS_MS = 1_000;

/** Finds which shortcut the keys pressed so far make. */
export class ShortcutReader {
  #first: { key: string; at: number } | undefined;

  read(key: string, at: number, shortcuts: readonly Shortcut[]): Shortcut | undefined {
    const first = this.#first && at - this.#first.at <= BETWEEN_KEYS_MS ? this.#first.key : undefined;
    this.#first = { key, at };
    const pair = shortcuts.find(({ keys }) => keys.length === 2 && keys[0] === first && keys[1] === key);
    const found = pair ?? shortcuts.find(({ keys }) => keys.length === 1 && keys[0] === key);
    if (found) this.#first = undefined;
    return found;
  }
}

/** Whether a key belongs to what has the focus: a field, or a dialog or menu with keys of its own. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]:not([contenteditable='false']), [role=dialog], [role=alertdialog], [role=menu], [role=listbox]") !== null
  );
}
