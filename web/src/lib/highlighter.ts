export interface CodeSpan {
  text: string;
  /** Classes of highlight.js; "" for code without any. */
  className: string;
}

export interface HighlightRequest {
  id: number;
  language: string;
  code: string;
}

export interface HighlightAnswer {
  id: number;
  /** Null when the language is not known. */
  spans: CodeSpan[] | null;
}

/** What is needed of a `Worker`; tests bring their own. */
export interface HighlightWorker {
  onmessage: ((event: MessageEvent<HighlightAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage: (request: HighlightRequest) => void;
  terminate: () => void;
}

interface Job extends HighlightRequest {
  done: (spans: CodeSpan[] | null) => void;
}

const CACHED = 300;
const LONGEST = 60_000;

/**
 * Colours code away from the page's thread, one piece at a time. Code that was made to stall the
 * grammars loses its worker after `patienceMs` and stays plain.
 */
export class Highlighter {
  readonly #spawn: () => HighlightWorker;
  readonly #patienceMs: number;
  readonly #cache = new Map<string, CodeSpan[] | null>();
  readonly #queue: Job[] = [];
  #worker: HighlightWorker | undefined;
  #current: Job | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #count = 0;

  constructor(spawn: () => HighlightWorker, patienceMs = 2_000) {
    this.#spawn = spawn;
    this.#patienceMs = patienceMs;
  }

  /** What is known already; undefined when it has to be asked for. */
  known(language: string, code: string): CodeSpan[] | null | undefined {
    return code.length > LONGEST ? null : this.#cache.get(keyOf(language, code));
  }

  /** Calls `done` once, unless the answer is called off first by what is returned. */
  highlight(language: string, code: string, done: (spans: CodeSpan[] | null) => void): () => void {
    const job: Job = { id: ++this.#count, language, code, done };
    this.#queue.push(job);
    this.#next();
    return () => {
      const index = this.#queue.indexOf(job);
      if (index >= 0) this.#queue.splice(index, 1);
      job.done = () => undefined;
    };
  }

  #next(): void {
    if (this.#current) return;
    // The latest first: it is what was scrolled to.
    const job = this.#queue.pop();
    if (!job) return;
    const known = this.known(job.language, job.code);
    if (known !== undefined) {
      job.done(known);
      this.#next();
      return;
    }
    this.#current = job;
    this.#timer = setTimeout(() => this.#giveUp(), this.#patienceMs);
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id: job.id, language: job.language, code: job.code });
    } catch {
      // A browser without workers, or a policy that forbids this one.
      this.#giveUp();
    }
  }

  #start(): HighlightWorker {
    const worker = this.#spawn();
    worker.onmessage = ({ data }) => {
      if (data.id === this.#current?.id) this.#finish(data.spans);
    };
    worker.onerror = () => this.#giveUp();
    return worker;
  }

  #giveUp(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#finish(null);
  }

  #finish(spans: CodeSpan[] | null): void {
    clearTimeout(this.#timer);
    const job = this.#current;
    this.#current = undefined;
    if (job) {
      this.#remember(keyOf(job.language, job.code), spans);
      job.done(spans);
    }
    this.#next();
  }

  #remember(key: string, spans: CodeSpan[] | null): void {
    this.#cache.set(key, spans);
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > CACHED && !oldest.done) this.#cache.delete(oldest.value);
  }
}

function keyOf(language: string, code: string): string {
  return `${language}\n${code}`;
}
