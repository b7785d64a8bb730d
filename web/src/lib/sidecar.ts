import { ApiError, kindOfStatus, toApiError } from "./errors";
import { isSignInBounce, reportSignedOut } from "./signed-out";

interface SidecarOptions {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
}

/** Asks the sidecar and returns its JSON; every failure is an `ApiError`. */
export async function sidecar<T>(path: string, options: SidecarOptions = {}): Promise<T> {
  const response = await send(path, options);
  if (isSignInBounce(response)) {
    reportSignedOut();
    throw new ApiError("signed-out", undefined, response.status);
  }
  const data = await readJson(response);
  if (!response.ok) throw new ApiError(kindOfStatus(response.status), sentenceOf(data), response.status);
  if (data === undefined && response.status !== 204) {
    throw new ApiError("server", "The server answered with something that is not data.", response.status);
  }
  return data as T;
}

async function send(path: string, { method = "GET", body, signal }: SidecarOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      redirect: "manual",
      credentials: "same-origin",
      cache: "no-store",
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
