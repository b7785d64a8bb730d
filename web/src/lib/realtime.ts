import { backoffDelay } from "./backoff";

export type RealtimeStatus = "idle" | "connecting" | "live";
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

const CONNECTED = "PB_CONNECT";

/**
 * One subscription a topic, however many watch it. `watch` answers at once with its undo,
 * although the SDK's `subscribe` resolves later, perhaps after the undo.
 */
export class Realtime {
  readonly #client: RealtimeClient;
  readonly #channels = new Map<string, Channel>();
  readonly #listeners = new Set<() => void>();
  #status: RealtimeStatus = "idle";

  constructor(client: RealtimeClient) {
    this.#client = client;
    client.onDisconnect((topics) => this.#setStatus(topics.length > 0 ? "connecting" : "idle"));
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
      if (this.#channels.size === 1) this.#leave(CONNECTED, this.#connectWatcher);
    };
  }

  readonly #connectWatcher: Watcher = {
    onEvent: () => {
      this.#setStatus("live");
      for (const channel of this.#channels.values()) {
        for (const watcher of channel.watchers) watcher.onCatchUp();
      }
    },
    onCatchUp: () => undefined,
  };

  #join(topic: string, watcher: Watcher): void {
    const channel = this.#channels.get(topic) ?? this.#open(topic);
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

  #open(topic: string): Channel {
    const watchers = new Set<Watcher>();
    let isClosed = false;
    let release: Release | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const connect = async (attempt: number): Promise<void> => {
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
        if (this.#channels.get(topic)?.watchers === watchers || !this.#channels.has(topic)) {
          await this.#client.unsubscribe(topic).catch(() => undefined);
        }
        if (!isClosed) timer = setTimeout(() => void connect(attempt + 1), backoffDelay(attempt));
      }
    };
    void connect(0);

    const channel: Channel = {
      watchers,
      close: () => {
        isClosed = true;
        clearTimeout(timer);
        void release?.().catch(() => undefined);
      },
    };
    this.#channels.set(topic, channel);
    return channel;
  }

  #setStatus(status: RealtimeStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#listeners) listener();
  }
}
