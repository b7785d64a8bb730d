import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { DateRange } from "@/components/ui/date-range";
import { SelectWithAll } from "@/components/ui/select";
import { formatCompact } from "@/lib/format";
import { sourceOf } from "@/lib/sources";

import { type EvalChoices } from "../api/get-evals";
import { CLEARED, type EvalsSearch, isNarrowed } from "../search-params";

const TOKENS: readonly number[] = [1_000, 10_000, 100_000, 1_000_000];

interface EvalFiltersProps {
  search: EvalsSearch;
  choices: EvalChoices | undefined;
  onChange: (change: Partial<EvalsSearch>) => void;
}

export function EvalFilters({ search, choices, onChange }: EvalFiltersProps) {
  return (
    <div role="group" aria-label="Filters" className="flex items-center gap-2 max-md:-mx-4 max-md:overflow-x-auto max-md:px-4 max-md:py-1 md:flex-wrap">
      <SelectWithAll
        className="w-36!"
        label="Agent"
        allLabel="All agents"
        options={optionsOf(choices?.sources, search.source, (id) => sourceOf(id).label)}
        value={search.source}
        onChange={(source) => onChange({ source })}
      />
      <SelectWithAll className="w-40!" label="Model" allLabel="All models" options={optionsOf(choices?.models, search.model)} value={search.model} onChange={(model) => onChange({ model })} />
      <SelectWithAll
        className="w-40!"
        label="Project"
        allLabel="All projects"
        options={optionsOf(choices?.projects, search.projectName)}
        value={search.projectName}
        onChange={(projectName) => onChange({ projectName })}
      />
      <SelectWithAll className="w-32!" label="Tag" allLabel="All tags" options={optionsOf(choices?.tags, search.tag)} value={search.tag} onChange={(tag) => onChange({ tag })} />
      <SelectWithAll
        className="w-36!"
        label="Tokens"
        allLabel="Any size"
        options={tokensWith(search.tokens)}
        value={search.tokens === undefined ? undefined : String(search.tokens)}
        onChange={(tokens) => onChange({ tokens: tokens === undefined ? undefined : Number(tokens) })}
      />
      <DateRange label="Created" value={search} onChange={({ from, to }) => onChange({ from, to })} />
      {isNarrowed(search) && (
        <Button variant="ghost" onClick={() => onChange(CLEARED)}>
          <X aria-hidden /> Clear
        </Button>
      )}
    </div>
  );
}

function tokensWith(chosen: number | undefined) {
  const sizes = chosen === undefined || TOKENS.includes(chosen) ? TOKENS : [...TOKENS, chosen].toSorted((a, b) => a - b);
  return sizes.map((size) => ({ value: String(size), label: `${formatCompact(size).replace(".0", "")}+ tokens` }));
}

/** What there is, and what is chosen, even if that is gone. */
function optionsOf(values: readonly string[] = [], chosen: string | undefined, labelOf = (value: string) => value) {
  const all = chosen === undefined || values.includes(chosen) ? values : [...values, chosen];
  return all.map((value) => ({ value, label: labelOf(value) }));
}
