import { ClientResponseError } from "pocketbase";

export type ErrorKind =
  | "signed-out"
  | "forbidden"
  | "not-found"
  | "rejected"
  | "busy"
  | "unreachable"
  | "unavailable"
  | "server";

/** The one error that reaches components: what happened, in a sentence that can be shown. */
export class ApiError extends Error {
  readonly kind: ErrorKind;
  readonly status: number;

  constructor(kind: ErrorKind, message?: string, status = 0, options?: ErrorOptions) {
    super(message === undefined || message === "" ? SENTENCES[kind] : message, options);
    this.name = "ApiError";
    this.kind = kind;
    this.status = status;
  }

  /** Whether the server, or its database, is not there. */
  get isAway(): boolean {
    return this.kind === "unreachable" || this.kind === "unavailable";
  }

  /** Whether the same request may succeed a moment later. */
  get isTransient(): boolean {
    return this.isAway || this.kind === "busy" || this.kind === "server";
  }
}

const SENTENCES: Record<ErrorKind, string> = {
  "signed-out": "Your sign-in has ended. Sign in again to go on.",
  forbidden: "You are not allowed to see this.",
  "not-found": "This does not exist, or it is not yours.",
  rejected: "The server did not accept the request.",
  busy: "The server is busy. Try again in a moment.",
  unreachable: "The server cannot be reached. Check that it is running and that you are connected.",
  unavailable: "The server misses what it needs for this. Try again in a moment.",
  server: "The server ran into a problem. Try again; if it lasts, look at its log.",
};

/** `sentence`: what the server said of it, which a proxy in front of it does not. */
export function kindOfStatus(status: number, sentence: string | undefined): ErrorKind {
  if (status === 401) return "signed-out";
  if (status === 403) return "forbidden";
  // Traefik finds nothing for a moment after its start, until it has read its routes.
  if (status === 404) return sentence === undefined ? "unreachable" : "not-found";
  if (status === 429) return "busy";
  // 502 and 504 are Traefik's words for a service behind it that is down; 503 is ours for the same.
  if (status === 0 || (status >= 502 && status <= 504)) return "unreachable";
  return status >= 500 ? "server" : "rejected";
}

/** Turns whatever a request threw into an `ApiError`; an abort passes through as it is. */
export function toApiError(error: unknown): Error {
  if (error instanceof ApiError) return error;
  if (isAbort(error)) return error as Error;
  if (error instanceof ClientResponseError) return fromPocketBase(error);
  // fetch rejects with a TypeError when no answer came, and with a TimeoutError when it took too long.
  if (error instanceof TypeError || isNamed(error, "TimeoutError")) return new ApiError("unreachable", undefined, 0, { cause: error });
  return new ApiError("server", undefined, 0, { cause: error });
}

export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : SENTENCES.server;
}

function fromPocketBase(error: ClientResponseError): ApiError {
  // Hooks of our own client (see pocketbase.ts) throw ApiErrors, which the SDK wraps.
  if (error.originalError instanceof ApiError) return error.originalError;
  const said: unknown = error.response.message;
  const sentence = typeof said === "string" ? said : undefined;
  const kind = kindOfStatus(error.status, sentence);
  return new ApiError(kind, kind === "rejected" ? sentence : undefined, error.status, { cause: error });
}

function isAbort(error: unknown): boolean {
  if (error instanceof ClientResponseError) return error.isAbort;
  return isNamed(error, "AbortError");
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}

/** Whether a part of the dashboard itself did not arrive; each browser says it in its own words. */
export function isLoadFailure(error: unknown): boolean {
  return error instanceof Error && /dynamically imported module|importing a module script|preload CSS/i.test(error.message);
}
