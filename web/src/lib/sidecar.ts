import { ApiError, kindOfStatus, toApiError } from "./errors";
import { address } from "./origin";
import { isSignInBounce, reportSignedOut, SCRIPT_HEADER } from "./signed-out";

interface SidecarOptions {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
  /** "no-cache" for what the server tags: the browser keeps it, but asks each time whether it still holds. */
  cache?: "no-store" | "no-cache";
}

/** Asks the sidecar and returns its JSON; every failure is an `ApiError`. */
export async function sidecar<T>(path: string, options: SidecarOptions = {}): Promise<T> {
  const response = await answered(path, options);
  const data = await readJson(response);
  if (data === undefined && response.status !== 204) {
    throw new ApiError("server", "The server answered with something that is not data.", response.status);
  }
  return data as T;
}

/** The answer before its body is read, for what comes piece by piece; every failure is an `ApiError`. */
export async function answered(path: string, options: SidecarOptions = {}): Promise<Response> {
  const response = await send(path, options);
  if (isSignInBounce(response)) {
    reportSignedOut();
    throw new ApiError("signed-out", undefined, response.status);
  }
  if (!response.ok) throw refusal(response.status, sentenceOf(await readJson(response)));
  return response;
}

function refusal(status: number, sentence: string | undefined): ApiError {
  // Traefik says 503, too, without a sentence; with one, the sidecar is there and misses PocketBase.
  const kind = status === 503 && sentence !== undefined ? "unavailable" : kindOfStatus(status, sentence);
  return new ApiError(kind, sentence, status);
}

async function send(path: string, { method = "GET", body, signal, cache = "no-store" }: SidecarOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...SCRIPT_HEADER };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(address(path), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      redirect: "manual",
      credentials: "include",
      cache,
    });
  } catch (error) {
    throw toApiError(error);
  }
}

async function readJson(response: Response): Promise<unknown> {
  // A proxy in between answers in HTML; that text is not for the user.
  if (!response.headers.get("Content-Type")?.includes("json")) return undefined;
  try {
    return (await response.json()) as unknown;
  } catch (error) {
    // A cut connection is an abort or a TypeError; anything else was malformed JSON.
    if (error instanceof SyntaxError) return undefined;
    throw toApiError(error);
  }
}

function sentenceOf(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !("error" in data)) return undefined;
  return typeof data.error === "string" ? data.error : undefined;
}
