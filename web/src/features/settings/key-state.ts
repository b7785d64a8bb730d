import { type ApiKey } from "@/types/api";

export type KeyState = "active" | "expired" | "revoked";

export function keyStateOf(key: Pick<ApiKey, "revokedAt" | "expiresAt">, now: number): KeyState {
  if (key.revokedAt !== null) return "revoked";
  return key.expiresAt !== null && key.expiresAt <= now ? "expired" : "active";
}
