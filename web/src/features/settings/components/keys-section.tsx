import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Section } from "@/components/layouts/page";
import { InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { type ApiKey, type CreatedKey } from "@/types/api";

import { keysQuery } from "../api/get-keys";

import { CreatedKeyDialog } from "./created-key-dialog";
import { KeyRow } from "./key-row";
import { NewKeyForm } from "./new-key-form";

export function KeysSection() {
  const keys = useQuery(keysQuery);
  const [created, setCreated] = useState<CreatedKey | null>(null);

  return (
    <div id="api-keys" className="scroll-mt-4">
      <Section title="API keys" description="Plugins and scripts sign in with a key. Give each machine its own, so that one can be revoked alone.">
        <NewKeyForm onCreated={setCreated} />
        <div className="mt-4">
          {keys.error && !keys.data ? (
            <InlineError error={keys.error} onRetry={() => void keys.refetch()} />
          ) : keys.data ? (
            <KeyList keys={keys.data} />
          ) : (
            <Skeleton className="h-24" />
          )}
        </div>
      </Section>
      <CreatedKeyDialog created={created} onClose={() => setCreated(null)} />
    </div>
  );
}

function KeyList({ keys }: { keys: ApiKey[] }) {
  if (keys.length === 0) return <p className="text-muted">No keys yet. Create one to connect an agent.</p>;
  // Keys that work come first, in the order of their making.
  const sorted = keys.toSorted((a, b) => Number(a.revokedAt !== null) - Number(b.revokedAt !== null) || b.createdAt - a.createdAt);
  return (
    <ul className="divide-y divide-line border-t border-line">
      {sorted.map((key) => (
        <KeyRow key={key.id} apiKey={key} />
      ))}
    </ul>
  );
}
