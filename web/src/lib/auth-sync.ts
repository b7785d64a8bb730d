import { type Me } from "@/types/api";

import { backoffDelay } from "./backoff";
import { ApiError } from "./errors";

export type AuthState =
  | { status: "loading" }
  /**
   * `offlineSince`: when the server was first missed, Unix milliseconds; null while it answers.
   * `isOnlyDatabase`: the sidecar answers and misses the database.
   */
  | { status: "signed-in"; me: Me; offlineSince: number | null; isOnlyDatabase: boolean }
  | { status: "signed-out"; error: ApiError }
  | { status: "unreachable"; error: ApiError; retryAt: number };

interface Dependencies {
  fetchMe: () => Promise<Me>;
  /** Called with every new token, before anything can be asked with it. */
  onToken: (me: Me) => void;
  /** The sign-in of a page in use has ended; true when the page is about to go through the portal. */
  onLost?: () => boolean;
  now?: () => number;
}

const MINUTE = 60_000;
const LONGEST_WAIT = 12 * 60 * MINUTE;
const SHORTEST_WAIT = 30_000;
/** While pages are shown, a server that comes back is noticed soon. */
const LONGEST_RETRY = 10_000;
const CHECK_PAUSE = 5_000;

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
  #checkTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #renewedAt = -Infinity;

  constructor(deps: Dependencies) {
    this.#deps = { now: Date.now, onLost: () => false, ...deps };
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

  /** Something went wrong elsewhere: is the server there, and am I signed in? Soon, not each time. */
  readonly check = (): void => {
    const state = this.#state;
    if (state.status !== "signed-in" || state.offlineSince !== null || this.#checkTimer !== undefined) return;
    // A request may be refused for reasons of its own; asking at once each time would never end.
    const rest = this.#renewedAt + CHECK_PAUSE - this.#deps.now();
    this.#checkTimer = setTimeout(() => {
      this.#checkTimer = undefined;
      void this.renew();
    }, Math.max(0, rest));
  };

  /** The live connection is back, so the server is. */
  readonly noticeServer = (): void => {
    if (this.#state.status === "signed-in" && this.#state.offlineSince !== null) void this.renew();
  };

  /** Renews a token that has run out, for instance while the computer slept. */
  readonly ensureToken = async (): Promise<void> => {
    const state = this.#state;
    if (state.status !== "signed-in") return;
    const now = this.#deps.now();
    if (state.me.tokenExpiresAt - now > 10_000 || now - this.#renewedAt < SHORTEST_WAIT) return;
    await this.renew();
    if (this.#state.status !== "signed-in") throw new ApiError("signed-out");
    if (this.#state.offlineSince !== null) throw new ApiError("unreachable");
  };

  /** For the moments when things may have changed: tab shown again, network back. */
  readonly wake = (): void => {
    if (this.#state.status === "signed-in" && this.#state.offlineSince === null) void this.ensureToken().catch(() => undefined);
    else void this.renew();
  };

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#checkTimer);
    this.#checkTimer = undefined;
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
    this.#set({ status: "signed-in", me, offlineSince: null, isOnlyDatabase: false });
  }

  #failed(error: ApiError): void {
    const state = this.#state;
    if (!error.isTransient) {
      const isLeaving = state.status === "signed-in" && error.kind === "signed-out" && this.#deps.onLost();
      this.#set(isLeaving ? { status: "loading" } : { status: "signed-out", error });
      return;
    }
    const now = this.#deps.now();
    const delay = backoffDelay(this.#failures++);
    // Pages that are already there stay; only a first visit has nothing to show.
    if (state.status === "signed-in") {
      this.#schedule(Math.min(LONGEST_RETRY, delay));
      this.#set({ ...state, offlineSince: state.offlineSince ?? now, isOnlyDatabase: error.kind === "unavailable" });
    } else {
      this.#schedule(delay);
      this.#set({ status: "unreachable", error, retryAt: now + delay });
    }
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
