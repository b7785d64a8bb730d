export interface Toast {
  id: number;
  text: string;
  tone: "neutral" | "danger";
  action?: { label: string; onPress: () => void };
}

/** The short messages that come and go at the edge of the page. */
export class Toasts {
  #shown: readonly Toast[] = [];
  #nextId = 1;
  readonly #listeners = new Set<() => void>();

  readonly getShown = (): readonly Toast[] => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly show = (text: string, { tone = "neutral", action }: Partial<Pick<Toast, "tone" | "action">> = {}): void => {
    // Said twice, a message is one message.
    this.#set([...this.#shown.filter((toast) => toast.text !== text), { id: this.#nextId++, text, tone, action }].slice(-3));
  };

  readonly dismiss = (id: number): void => this.#set(this.#shown.filter((toast) => toast.id !== id));

  #set(shown: readonly Toast[]): void {
    this.#shown = shown;
    for (const listener of this.#listeners) listener();
  }
}

export const toasts = new Toasts();
