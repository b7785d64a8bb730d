import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { DateRange } from "@/components/ui/date-range";
import { Input } from "@/components/ui/field";
import { SelectWithAll } from "@/components/ui/select";
import { SOURCES, sourceOf } from "@/lib/sources";

import { activeFilters, ROLES, type SearchParams } from "../search-params";

interface SearchFiltersProps {
  params: SearchParams;
  onChange: (change: Partial<SearchParams>) => void;
}

const ROLE_LABELS: Record<(typeof ROLES)[number], string> = {
  user: "Said by you",
  assistant: "Said by the assistant",
  tool: "From tools",
  system: "System messages",
};
const ROLE_OPTIONS = ROLES.map((value) => ({ value, label: ROLE_LABELS[value] }));
const CLEARED: Partial<SearchParams> = { source: undefined, role: undefined, model: undefined, project: undefined, from: undefined, to: undefined };

/** What narrows the results; each control is empty while it keeps everything. */
export function SearchFilters({ params, onChange }: SearchFiltersProps) {
  const { source, role, model, project, from, to } = params;
  const sources = source === undefined || SOURCES.some(({ id }) => id === source) ? SOURCES : [...SOURCES, sourceOf(source)];
  return (
    <div role="group" aria-label="Filters" className="flex flex-wrap items-center gap-2">
      <SelectWithAll
        className="w-36!"
        label="Agent"
        allLabel="All agents"
        options={sources.map(({ id, label }) => ({ value: id, label }))}
        value={source}
        onChange={(value) => onChange({ source: value })}
      />
      <SelectWithAll className="w-44!" label="Said by" allLabel="Said by anyone" options={ROLE_OPTIONS} value={role} onChange={(value) => onChange({ role: value })} />
      <TextFilter label="Project" value={project} onChange={(value) => onChange({ project: value })} />
      <TextFilter label="Model" value={model} onChange={(value) => onChange({ model: value })} />
      <DateRange label="Any time" value={{ from, to }} onChange={onChange} />
      {activeFilters(params).length > 0 && (
        <Button variant="ghost" onClick={() => onChange(CLEARED)}>
          <X aria-hidden /> Clear filters
        </Button>
      )}
    </div>
  );
}

interface TextFilterProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** A name in full; it counts when the field is left or on Enter, not with every letter. */
function TextFilter({ label, value, onChange }: TextFilterProps) {
  const report = (text: string) => {
    if (text.trim() !== (value ?? "")) onChange(text.trim() || undefined);
  };
  return (
    <Input
      key={value}
      className="w-36!"
      aria-label={label}
      placeholder={`Any ${label.toLowerCase()}`}
      defaultValue={value}
      onBlur={(event) => report(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") report(event.currentTarget.value);
      }}
    />
  );
}
