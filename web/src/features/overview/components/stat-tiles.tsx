import { Skeleton } from "@/components/ui/skeleton";
import { formatCompact, formatCost, formatDuration, formatInteger } from "@/lib/format";
import { type Stats } from "@/types/api";

interface Tile {
  label: string;
  value: string;
  hint: string;
}

function tilesOf(stats: Stats): Tile[] {
  const perSession = (total: number) => total / Math.max(1, stats.sessionCount);
  return [
    { label: "Sessions", value: formatInteger(stats.sessionCount), hint: `${formatDuration(stats.totalDurationMs)} of work` },
    { label: "Messages", value: formatInteger(stats.messageCount), hint: `${formatCompact(Math.round(perSession(stats.messageCount)))} per session` },
    { label: "Tokens", value: formatCompact(stats.totalTokens), hint: `${formatCompact(Math.round(perSession(stats.totalTokens)))} per session` },
    { label: "Cost", value: formatCost(stats.totalCost), hint: `${formatCost(perSession(stats.totalCost))} per session` },
  ];
}

const LABELS = ["Sessions", "Messages", "Tokens", "Cost"];

export function StatTiles({ stats }: { stats: Stats | undefined }) {
  return (
    <dl aria-busy={!stats} className="card grid grid-cols-2 overflow-hidden md:grid-cols-4">
      {stats
        ? tilesOf(stats).map(({ label, value, hint }) => (
            <div key={label} className={tileClass}>
              <dt className="text-[0.8125rem] text-muted">{label}</dt>
              <dd className="nums mt-1 text-2xl font-semibold tracking-tight">{value}</dd>
              <dd className="nums mt-0.5 truncate text-xs text-muted">{hint}</dd>
            </div>
          ))
        : LABELS.map((label) => (
            <div key={label} className={tileClass}>
              <dt className="text-[0.8125rem] text-muted">{label}</dt>
              <dd className="mt-2">
                <Skeleton className="h-6 w-24" />
                <Skeleton className="mt-2.5 h-3 w-32" />
              </dd>
            </div>
          ))}
    </dl>
  );
}

// Each draws its own left and top line; the container cuts off the outermost ones.
const tileClass = "-mt-px -ml-px min-w-0 border-t border-l border-line p-4 md:px-5";
