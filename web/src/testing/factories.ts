import { type TranscriptMessage } from "@/lib/transcript";
import { type ApiKey, type Me } from "@/types/api";

export function makeMe(change: Partial<Me> = {}): Me {
  return {
    user: { id: "u1", autheliaId: "dana", email: "dana@example.org", name: "Dana", avatarUrl: null, enabledAgents: [], createdAt: 1_700_000_000_000 },
    token: "token",
    tokenExpiresAt: 3_600_000,
    record: { id: "u1", collectionId: "c", collectionName: "users" },
    isAdmin: false,
    signOutUrl: null,
    version: "0.1.0",
    ...change,
  };
}

export function makeKey(change: Partial<ApiKey> = {}): ApiKey {
  return { id: "k1", name: "laptop", prefix: "osk_abcd", createdAt: 1_700_000_000_000, lastUsedAt: null, expiresAt: null, revokedAt: null, ...change };
}

type NamedMessage = TranscriptMessage & { externalId: string };

export function makeMessage(change: Partial<NamedMessage> = {}): NamedMessage {
  return {
    id: "m1",
    externalId: "e1",
    role: "assistant",
    textContent: null,
    model: null,
    promptTokens: null,
    completionTokens: null,
    durationMs: null,
    createdAt: 1_700_000_000_000,
    parts: [],
    ...change,
  };
}
