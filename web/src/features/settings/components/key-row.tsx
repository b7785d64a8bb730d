import clsx from "clsx";
import { KeyRound } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { useNow } from "@/hooks/use-now";
import { formatDate, formatRelative } from "@/lib/format";
import { type ApiKey } from "@/types/api";

import { useRevokeKey } from "../api/revoke-key";
import { keyStateOf } from "../key-state";

export function KeyRow({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow();
  const state = keyStateOf(apiKey, now);
  const isUsable = state === "active";
  return (
    <li className="flex items-center gap-3 py-3">
      <KeyRound aria-hidden className={clsx("size-4 shrink-0", isUsable ? "text-accent" : "text-muted")} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2">
          <span className={clsx("truncate font-medium", !isUsable && "text-muted line-through")}>{apiKey.name || "Unnamed key"}</span>
          <code className="font-mono text-xs text-muted">{apiKey.prefix}…</code>
          {!isUsable && <span className="rounded bg-hover px-1.5 text-2xs font-medium text-muted">{state === "revoked" ? "Revoked" : "Expired"}</span>}
        </p>
        <p className="nums text-xs text-muted">{factsOf(apiKey, now)}</p>
      </div>
      {state !== "revoked" && <RevokeButton apiKey={apiKey} />}
    </li>
  );
}

function factsOf(key: ApiKey, now: number): string {
  const facts = [
    `Created ${formatDate(key.createdAt)}`,
    key.lastUsedAt === null ? "never used" : `last used ${formatRelative(key.lastUsedAt, now)}`,
  ];
  if (key.revokedAt === null && key.expiresAt !== null) facts.push(`expires ${formatDate(key.expiresAt)}`);
  return facts.join(" · ");
}

function RevokeButton({ apiKey }: { apiKey: ApiKey }) {
  const [isOpen, setIsOpen] = useState(false);
  const revoke = useRevokeKey();
  const onOpenChange = (open: boolean) => {
    revoke.reset();
    setIsOpen(open);
  };
  return (
    <ConfirmDialog
      trigger={
        <Button variant="danger" aria-label={`Revoke ${apiKey.name || "this key"}`}>
          Revoke
        </Button>
      }
      title={`Revoke “${apiKey.name || apiKey.prefix}”?`}
      confirmLabel="Revoke key"
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      onConfirm={() => revoke.mutate(apiKey.id, { onSuccess: () => setIsOpen(false) })}
      isPending={revoke.isPending}
      error={revoke.error}
    >
      Whatever uses this key stops syncing at once. This cannot be undone; sessions it has sent stay.
    </ConfirmDialog>
  );
}
