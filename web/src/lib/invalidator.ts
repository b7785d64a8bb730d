import { hashKey, type QueryClient, type QueryKey } from "@tanstack/react-query";

/**
 * Invalidates at once, then at most once per `waitMs`: a running session sends an event
 * for each message, and the lists need not be asked for again each time.
 */
export class Invalidator {
  readonly #queryClient: Pick<QueryClient, "invalidateQueries">;
  readonly #waitMs: number;
  #waiting = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(queryClient: Pick<QueryClient, "invalidateQueries">, waitMs: number) {
    this.#queryClient = queryClient;
    this.#waitMs = waitMs;
  }

  add(keys: readonly QueryKey[]): void {
    for (const key of keys) this.#waiting.set(hashKey(key), key);
    if (this.#timer === undefined) this.#flush();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const keys = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const queryKey of keys) void this.#queryClient.invalidateQueries({ queryKey });
    this.#timer = setTimeout(() => this.#flush(), this.#waitMs);
  }
}
