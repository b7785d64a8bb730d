import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { DateRange } from "@/components/ui/date-range";
import { SelectWithAll } from "@/components/ui/select";
import { sourceOf } from "@/lib/sources";

import { type EvalSummary } from "../api/get-evals";
import { CLEARED, type EvalsSearch, isNarrowed } from "../search-params";

interface EvalFiltersProps {
  search: EvalsSearch;
  summary: EvalSummary | undefined;
  onChange: (change: Partial<EvalsSearch>) => void;
}

export function EvalFilters({ search, summary, onChange }: EvalFiltersProps) {
  return (
    <div role="group" aria-label="Filters" className="flex flex-wrap items-center gap-2">
      <SelectWithAll
        className="w-36!"
        label="Agent"
        allLabel="All agents"
        options={optionsOf(summary?.sources, search.source, (id) => sourceOf(id).label)}
        value={search.source}
        onChange={(source) => onChange({ source })}
      />
      <SelectWithAll className="w-40!" label="Model" allLabel="All models" options={optionsOf(summary?.models, search.model)} value={search.model} onChange={(model) => onChange({ model })} />
      <SelectWithAll
        className="w-40!"
        label="Project"
        allLabel="All projects"
        options={optionsOf(summary?.projects, search.projectName)}
        value={search.projectName}
        onChange={(projectName) => onChange({ projectName })}
      />
      <SelectWithAll className="w-32!" label="Tag" allLabel="All tags" options={optionsOf(summary?.tags, search.tag)} value={search.tag} onChange={(tag) => onChange({ tag })} />
      <DateRange label="Any time" value={search} onChange={({ from, to }) => onChange({ from, to })} />
      {isNarrowed(search) && (
        <Button variant="ghost" onClick={() => onChange(CLEARED)}>
          <X aria-hidden /> Clear
        </Button>
      )}
    </div>
  );
}

/** What there is, and what is chosen, even if that is gone. */
function optionsOf(values: readonly string[] = [], chosen: string | undefined, labelOf = (value: string) => value) {
  const all = chosen === undefined || values.includes(chosen) ? values : [...values, chosen];
  return all.map((value) => ({ value, label: labelOf(value) }));
}
