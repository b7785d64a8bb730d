import clsx from "clsx";

import { formatInteger } from "@/lib/format";

import { type VerdictCounts } from "../api/get-evals";
import { type Verdict, VERDICTS } from "../search-params";
import { VERDICT_LOOKS } from "../verdicts";

interface EvalStatsProps {
  counts: VerdictCounts | undefined;
  chosen: Verdict | undefined;
  onChoose: (verdict: Verdict | undefined) => void;
}

/** How the verdicts stand; each figure is also the filter for it. */
export function EvalStats({ counts, chosen, onChoose }: EvalStatsProps) {
  const total = counts && VERDICTS.reduce((sum, verdict) => sum + counts[verdict], 0);
  return (
    <div role="group" aria-label="Filter by verdict" className="grid grid-cols-3 gap-2 sm:grid-cols-6">
      <Tile label="All" count={total} isChosen={chosen === undefined} onChoose={() => onChoose(undefined)} />
      {VERDICTS.map((verdict) => (
        <Tile
          key={verdict}
          label={VERDICT_LOOKS[verdict].label}
          count={counts?.[verdict]}
          isChosen={chosen === verdict}
          onChoose={() => onChoose(chosen === verdict ? undefined : verdict)}
        />
      ))}
    </div>
  );
}

interface TileProps {
  label: string;
  count: number | undefined;
  isChosen: boolean;
  onChoose: () => void;
}

function Tile({ label, count, isChosen, onChoose }: TileProps) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onChoose}
      className={clsx("card px-3 py-2 text-left transition-colors hover:border-line-strong", isChosen && "border-accent! bg-accent-soft/40")}
    >
      <span className="block truncate text-xs text-muted">{label}</span>
      <span className="nums block text-lg leading-tight font-semibold">{count === undefined ? "–" : formatInteger(count)}</span>
    </button>
  );
}
