import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";

import { Section } from "@/components/layouts/page";
import { Button } from "@/components/ui/button";
import { ErrorMessage, InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/hooks/use-now";
import { formatBytes } from "@/lib/bytes";
import { formatInteger, formatRelative } from "@/lib/format";

import { type Storage, storageQuery } from "../api/get-storage";

import { CollectionsTable } from "./collections-table";
import { GrowthSection } from "./growth-section";
import { LargestSection } from "./largest-section";
import { ServerSection } from "./server-section";
import { VectorsSection } from "./vectors-section";

/** What is kept and how much room it takes; for administrators, of the whole server, too. */
export function StorageSections() {
  const query = useQuery(storageQuery);
  const { data: storage, error } = query;
  if (storage === undefined) {
    return error ? <ErrorMessage title="Storage could not be measured" error={error} onRetry={() => void query.refetch()} /> : <Loading />;
  }
  return (
    <>
      {error && <InlineError error={error} onRetry={() => void query.refetch()} />}
      <Section title="What you keep" description="Texts and vectors, without what the database needs around them.">
        <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <Whole storage={storage} />
          <Button onClick={() => void query.refetch()} aria-busy={query.isFetching} disabled={query.isFetching}>
            <RefreshCw aria-hidden /> Refresh
          </Button>
        </div>
        <CollectionsTable collections={storage.collections} />
      </Section>
      <GrowthSection weeks={storage.weeks} />
      <LargestSection storage={storage} />
      <VectorsSection vectors={storage.vectors} />
      {storage.server && <ServerSection server={storage.server} />}
    </>
  );
}

function Whole({ storage: { collections, measuredAt } }: { storage: Storage }) {
  const now = useNow();
  const bytes = collections.reduce((sum, collection) => sum + collection.bytes, 0);
  const sessions = collections.find(({ name }) => name === "sessions")?.rows ?? 0;
  return (
    <p className="nums text-muted">
      <data value={bytes} className="text-xl font-semibold tracking-tight text-ink">
        {formatBytes(bytes)}
      </data>{" "}
      in {formatInteger(sessions)} {sessions === 1 ? "session" : "sessions"} · measured {formatRelative(measuredAt, now)}
    </p>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Measuring" className="grid gap-5">
      <Skeleton className="h-72" />
      <Skeleton className="h-80" />
    </div>
  );
}
