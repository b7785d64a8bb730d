import { ApiError, messageOf } from "./errors";
import { formatCount } from "./format";
import { saveFile } from "./save-file";
import { answered } from "./sidecar";
import { toasts } from "./toasts";

/** A file that the server sends while it makes it, so its size is not known before its end. */
export interface Download {
  id: number;
  /** What it is about, such as "10,000 sessions". */
  about: string;
  /** In bytes, so far. */
  received: number;
}

// Beyond this many bytes what came is handed to the browser, which keeps large blobs on the disk.
const HELD = 4 * 1024 * 1024;
const NAME = /filename\*=UTF-8''([^;]+)/;

interface Effects {
  answered: typeof answered;
  save: (name: string, content: Blob) => void;
  say: typeof toasts.show;
}

/** The downloads under way. A file is saved when it is whole, and not at all when it breaks off. */
export class Downloads {
  #running: readonly Download[] = [];
  #nextId = 1;
  readonly #stops = new Map<number, AbortController>();
  readonly #listeners = new Set<() => void>();
  readonly #effects: Effects;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  readonly getRunning = (): readonly Download[] => this.#running;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Fetches `path` and saves what comes under the name that the server gives it. */
  readonly start = async (path: string): Promise<void> => {
    const id = this.#nextId++;
    const stop = new AbortController();
    this.#stops.set(id, stop);
    this.#set([...this.#running, { id, about: "", received: 0 }]);
    try {
      const response = await this.#effects.answered(path, { signal: stop.signal });
      const sessions = Number(response.headers.get("X-Export-Sessions"));
      this.#change(id, { about: sessions > 0 ? formatCount(sessions, "session") : "" });
      const content = await readAll(response, (received) => this.#change(id, { received }));
      this.#effects.save(nameOf(response), content);
    } catch (error) {
      if (stop.signal.aborted) return;
      const action = { label: "Try again", onPress: () => void this.start(path) };
      this.#effects.say(`Nothing was saved. ${messageOf(error)}`, { tone: "danger", action });
    } finally {
      this.#stops.delete(id);
      this.#set(this.#running.filter((download) => download.id !== id));
    }
  };

  readonly stop = (id: number): void => this.#stops.get(id)?.abort();

  #change(id: number, change: Partial<Download>): void {
    this.#set(this.#running.map((download) => (download.id === id ? { ...download, ...change } : download)));
  }

  #set(running: readonly Download[]): void {
    this.#running = running;
    for (const listener of this.#listeners) listener();
  }
}

async function readAll(response: Response, onProgress: (received: number) => void): Promise<Blob> {
  const type = response.headers.get("Content-Type") ?? "";
  let blob = new Blob([], { type });
  let held: Uint8Array<ArrayBuffer>[] = [];
  let heldBytes = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = await next(reader);
    if (value) {
      held.push(value);
      heldBytes += value.length;
    }
    if (done || heldBytes > HELD) {
      blob = new Blob([blob, ...held], { type });
      held = [];
      heldBytes = 0;
    }
    onProgress(blob.size + heldBytes);
    if (done) return blob;
  }
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined) {
  try {
    return (await reader?.read()) ?? { done: true, value: undefined };
  } catch (cause) {
    throw new ApiError("unreachable", "The connection broke off before the file was whole.", 0, { cause });
  }
}

function nameOf(response: Response): string {
  const name = NAME.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  return name === undefined ? "opensync-export" : decodeURIComponent(name);
}

export const downloads = new Downloads({ answered, save: saveFile, say: toasts.show });
