import { Section } from "@/components/layouts/page";
import { Skeleton } from "@/components/ui/skeleton";
import { formatCompact, formatCost, formatInteger } from "@/lib/format";
import { type Stats } from "@/types/api";

const SHOWN = 6;

export function ModelShare({ usage }: { usage: Stats["modelUsage"] | undefined }) {
  return (
    <Section title="Models" description="By tokens">
      {usage ? <Bars usage={usage} /> : <Skeleton className="h-40" />}
    </Section>
  );
}

function Bars({ usage }: { usage: Stats["modelUsage"] }) {
  const models = Object.entries(usage).sort(([, a], [, b]) => b.tokens - a.tokens);
  const most = models[0]?.[1].tokens ?? 0;
  if (models.length === 0) return <p className="text-muted">No model has been used yet.</p>;
  return (
    <ul className="grid grid-cols-[minmax(0,1fr)] gap-3.5">
      {models.slice(0, SHOWN).map(([model, { tokens, cost, sessions }]) => (
        <li key={model}>
          <div className="nums flex items-baseline justify-between gap-3 text-[0.8125rem]">
            <span className="truncate font-medium" title={model}>
              {model}
            </span>
            <span className="shrink-0">{formatCompact(tokens)}</span>
          </div>
          <div aria-hidden className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-hover">
            <div className="h-full rounded-full bg-accent" style={{ width: `${most > 0 ? Math.max(1, (tokens / most) * 100) : 0}%` }} />
          </div>
          <p className="nums mt-1 text-xs text-muted">
            {formatInteger(sessions)} {sessions === 1 ? "session" : "sessions"} · {formatCost(cost)}
          </p>
        </li>
      ))}
      {models.length > SHOWN && <li className="text-xs text-muted">and {models.length - SHOWN} more</li>}
    </ul>
  );
}
