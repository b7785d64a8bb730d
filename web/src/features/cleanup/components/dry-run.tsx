import { useQuery } from "@tanstack/react-query";

import { InlineError } from "@/components/ui/error-message";
import { formatBytes } from "@/lib/bytes";
import { formatCount } from "@/lib/format";

import { previewQuery } from "../api/clean-up";
import { type Conditions } from "../conditions";

/** What a rule with these conditions would take at the moment. */
export function DryRun({ conditions }: { conditions: Conditions }) {
  const { data, error, refetch } = useQuery(previewQuery(conditions, "rule"));
  if (error && !data) return <InlineError error={error} onRetry={() => void refetch()} />;
  return (
    <p role="status" className="nums rounded-lg bg-sunken px-3 py-2 text-[0.8125rem] text-ink">
      {data === undefined ? "Counting…" : data.sessions === 0 ? "Now it would find no session." : `Now it would take ${formatCount(data.sessions, "session")} with ${formatBytes(data.bytes)} of text.`}
    </p>
  );
}
