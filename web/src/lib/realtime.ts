import { backoffDelay } from "./backoff";

/** "polling": events do not come through, so what is shown is asked for again every few seconds. */
export type RealtimeStatus = "idle" | "connecting" | "live" | "reconnecting" | "polling";
type Release = () => Promise<void>;

/** What is needed of the SDK's realtime service; tests bring their own. */
export interface RealtimeClient {
  subscribe: (topic: string, onEvent: (event: unknown) => void) => Promise<Release>;
  unsubscribe: (topic: string) => Promise<void>;
  onDisconnect: (listener: (topics: string[]) => void) => void;
}

export interface Watcher {
  onEvent: (event: unknown) => void;
  /** The connection is (again) there: events may have been missed until now. */
  onCatchUp: () => void;
}

interface Channel {
  watchers: Set<Watcher>;
  close: () => void;
}

interface Options {
  /** Whether asking makes sense: the server answers and somebody looks. */
  canPoll?: () => boolean;
}

const CONNECTED = "PB_CONNECT";
const CONNECT_PATIENCE_MS = 8_000;
const POLL_MS = 12_000;

/**
 * One subscription a topic, however many watch it. `watch` answers at once with its undo,
 * although the SDK's `subscribe` resolves later, perhaps after the undo.
 */
export class Realtime {
  readonly #client: RealtimeClient;
  readonly #channels = new Map<string, Channel>();
  readonly #listeners = new Set<() => void>();
  readonly #canPoll: () => boolean;
  #status: RealtimeStatus = "idle";
  #isResting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: RealtimeClient, { canPoll = () => true }: Options = {}) {
    this.#client = client;
    this.#canPoll = canPoll;
    client.onDisconnect((topics) => {
      if (topics.length === 0 || this.#isResting) this.#setStatus("idle");
      // A failed attempt to get back is not news.
      else if (this.#status !== "polling") this.#setStatus("reconnecting");
    });
  }

  readonly getStatus = (): RealtimeStatus => this.#status;

  readonly subscribeStatus = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  watch(topic: string, watcher: Watcher): () => void {
    this.#join(CONNECTED, this.#connectWatcher);
    this.#join(topic, watcher);
    return () => {
      this.#leave(topic, watcher);
      if (this.#channels.size > 1) return;
      this.#leave(CONNECTED, this.#connectWatcher);
      if (this.#status !== "live") this.#setStatus("idle");
    };
  }

  /** A page that nobody sees needs no connection, and without TLS a browser allows six to a server, for all tabs. */
  readonly rest = (): void => {
    if (this.#isResting) return;
    this.#isResting = true;
    for (const channel of this.#channels.values()) channel.close();
    this.#setStatus("idle");
  };

  /** Connects again; what happened meanwhile is caught up with. */
  readonly resume = (): void => {
    if (!this.#isResting) return;
    this.#isResting = false;
    for (const [topic, { watchers }] of [...this.#channels]) this.#open(topic, watchers);
  };

  readonly #connectWatcher: Watcher = {
    onEvent: () => {
      this.#setStatus("live");
      this.#catchUp();
    },
    onCatchUp: () => undefined,
  };

  #catchUp(): void {
    for (const channel of this.#channels.values()) {
      for (const watcher of channel.watchers) watcher.onCatchUp();
    }
  }

  // Some proxies hold an event stream back for good, while plain requests pass.
  #poll(): void {
    this.#setStatus("polling");
    if (this.#canPoll()) this.#catchUp();
    this.#timer = setTimeout(() => this.#poll(), POLL_MS);
  }

  #join(topic: string, watcher: Watcher): void {
    const channel = this.#channels.get(topic) ?? this.#open(topic, new Set());
    channel.watchers.add(watcher);
  }

  #leave(topic: string, watcher: Watcher): void {
    const channel = this.#channels.get(topic);
    if (!channel) return;
    channel.watchers.delete(watcher);
    if (channel.watchers.size > 0) return;
    this.#channels.delete(topic);
    channel.close();
  }

  #open(topic: string, watchers: Set<Watcher>): Channel {
    const close = this.#isResting ? () => undefined : this.#connect(topic, watchers);
    const channel = { watchers, close };
    this.#channels.set(topic, channel);
    return channel;
  }

  #connect(topic: string, watchers: Set<Watcher>): () => void {
    let isClosed = false;
    let release: Release | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const close = () => {
      isClosed = true;
      clearTimeout(timer);
      void release?.().catch(() => undefined);
    };
    const attemptOnce = async (attempt: number): Promise<void> => {
      const joinsLate = this.#status === "live";
      if (this.#status === "idle") this.#setStatus("connecting");
      try {
        const undo = await this.#client.subscribe(topic, (event) => {
          for (const watcher of watchers) watcher.onEvent(event);
        });
        if (isClosed) {
          await undo();
          return;
        }
        release = undo;
        if (joinsLate) for (const watcher of watchers) watcher.onCatchUp();
      } catch {
        // The SDK gives up after a failed *first* connection, and keeps the dead listener.
        // Unless the topic was opened anew meanwhile: that would silence the new one.
        const current = this.#channels.get(topic);
        if (!current || current.close === close) await this.#client.unsubscribe(topic).catch(() => undefined);
        if (!isClosed) timer = setTimeout(() => void attemptOnce(attempt + 1), backoffDelay(attempt));
      }
    };
    void attemptOnce(0);
    return close;
  }

  #setStatus(status: RealtimeStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    clearTimeout(this.#timer);
    if (status === "connecting" || status === "reconnecting") this.#timer = setTimeout(() => this.#poll(), CONNECT_PATIENCE_MS);
    for (const listener of this.#listeners) listener();
  }
}
