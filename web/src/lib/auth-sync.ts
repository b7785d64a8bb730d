import { type Me } from "@/types/api";

import { backoffDelay } from "./backoff";
import { ApiError } from "./errors";

export type AuthState =
  | { status: "loading" }
  | { status: "signed-in"; me: Me; isOffline: boolean }
  | { status: "signed-out"; error: ApiError }
  | { status: "unreachable"; error: ApiError; retryAt: number };

interface Dependencies {
  fetchMe: () => Promise<Me>;
  /** Called with every new token, before anything can be asked with it. */
  onToken: (me: Me) => void;
  now?: () => number;
}

const MINUTE = 60_000;
const LONGEST_WAIT = 12 * 60 * MINUTE;
const SHORTEST_WAIT = 30_000;

/** When to renew: a fifth of the life before its end, at most five minutes before. */
export function renewalDelay(expiresAt: number, now: number): number {
  const life = expiresAt - now;
  const lead = Math.min(5 * MINUTE, life / 5);
  // The floor keeps a browser whose clock is wrong from asking without pause;
  // the ceiling stays within what a timer can hold.
  return Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, life - lead));
}

/** Keeps this browser signed in: asks `/api/me`, renews before expiry, retries what fails. */
export class AuthSync {
  #state: AuthState = { status: "loading" };
  readonly #listeners = new Set<() => void>();
  readonly #deps: Required<Dependencies>;
  #pending: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #renewedAt = -Infinity;

  constructor(deps: Dependencies) {
    this.#deps = { now: Date.now, ...deps };
  }

  readonly getState = (): AuthState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks now; callers that come while a question is open share its answer. Never rejects. */
  readonly renew = (): Promise<void> => {
    this.#pending ??= this.#ask().finally(() => (this.#pending = null));
    return this.#pending;
  };

  /** Renews a token that has run out, for instance while the computer slept. */
  readonly ensureToken = async (): Promise<void> => {
    const state = this.#state;
    if (state.status !== "signed-in") return;
    const now = this.#deps.now();
    if (state.me.tokenExpiresAt - now > 10_000 || now - this.#renewedAt < SHORTEST_WAIT) return;
    await this.renew();
    if (this.#state.status !== "signed-in") throw new ApiError("signed-out");
    if (this.#state.isOffline) throw new ApiError("unreachable");
  };

  /** For the moments when things may have changed: tab shown again, network back. */
  readonly wake = (): void => {
    if (this.#state.status === "signed-in" && !this.#state.isOffline) void this.ensureToken().catch(() => undefined);
    else void this.renew();
  };

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.#signedIn(await this.#deps.fetchMe());
    } catch (error) {
      this.#failed(error instanceof ApiError ? error : new ApiError("server", undefined, 0, { cause: error }));
    }
  }

  #signedIn(me: Me): void {
    const now = this.#deps.now();
    this.#failures = 0;
    this.#renewedAt = now;
    this.#deps.onToken(me);
    this.#schedule(renewalDelay(me.tokenExpiresAt, now));
    this.#set({ status: "signed-in", me, isOffline: false });
  }

  #failed(error: ApiError): void {
    if (!error.isTransient) {
      this.#set({ status: "signed-out", error });
      return;
    }
    const delay = backoffDelay(this.#failures++);
    this.#schedule(delay);
    // Pages that are already there stay; only a first visit has nothing to show.
    if (this.#state.status === "signed-in") this.#set({ ...this.#state, isOffline: true });
    else this.#set({ status: "unreachable", error, retryAt: this.#deps.now() + delay });
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.renew(), delay);
  }

  #set(state: AuthState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
