import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";

import { Section } from "@/components/layouts/page";
import { Button } from "@/components/ui/button";
import { InlineError } from "@/components/ui/error-message";
import { Progress } from "@/components/ui/progress";
import { Skeleton } from "@/components/ui/skeleton";
import { formatInteger } from "@/lib/format";

import { type EmbeddingStatus, embeddingsQuery, useBackfill } from "../api/get-embeddings";

const STATES: Record<EmbeddingStatus["state"], string> = {
  ok: "Everything can be found by meaning",
  working: "Working through what is new",
  stopped: "Stopped",
  off: "Switched off on this server",
};

/** How much of what is kept can be found by meaning. */
export function EmbeddingsSection() {
  const status = useQuery(embeddingsQuery);
  return (
    <Section title="Search by meaning" description="Sessions and messages are turned into vectors in the background. Search by words works in any case.">
      {status.data ? (
        <Status status={status.data} />
      ) : status.error ? (
        <InlineError error={status.error} onRetry={() => void status.refetch()} />
      ) : (
        <Skeleton className="h-28" />
      )}
    </Section>
  );
}

function Status({ status }: { status: EmbeddingStatus }) {
  const backfill = useBackfill();
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <p className="font-medium">{STATES[status.state]}</p>
          <p className="text-[0.8125rem] break-words text-muted">{factsOf(status)}</p>
          {status.reason && <p className="mt-1 text-[0.8125rem] break-words text-warn">{status.reason}</p>}
        </div>
        {status.enabled && (
          <Button onClick={() => backfill.mutate()} aria-busy={backfill.isPending} disabled={backfill.isPending}>
            <RefreshCw aria-hidden /> Look for missing ones
          </Button>
        )}
      </div>
      {status.enabled && (
        <>
          <Share label="Sessions" {...status.sessions} />
          <Share label="Messages" {...status.messages} />
        </>
      )}
      {backfill.error && <InlineError error={backfill.error} />}
    </div>
  );
}

function factsOf({ enabled, embedder, model, dimensions }: EmbeddingStatus): string {
  if (!enabled) return "No embedder is configured, so that nothing leaves this machine and nothing is computed.";
  return [embedder, model, dimensions && `${formatInteger(dimensions)} dimensions`].filter(Boolean).join(" · ");
}

function Share({ label, done, total }: { label: string; done: number; total: number }) {
  return (
    <div>
      <p className="mb-1 flex justify-between text-[0.8125rem]">
        <span>{label}</span>
        <span className="nums text-muted">
          {formatInteger(done)} of {formatInteger(total)}
        </span>
      </p>
      <Progress label={`${label} that can be found by meaning`} value={done} max={Math.max(1, total)} />
    </div>
  );
}
