import { useMemo } from "react";

import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { MultiSelect } from "@/components/ui/multi-select";
import { Pill } from "@/components/ui/pill";
import { Select } from "@/components/ui/select";
import { groupsOf } from "@/lib/analytics";
import { isoDay } from "@/lib/analytics-calendar";
import { oneOrMany } from "@/lib/search-params";
import { toList } from "@/lib/session-filter";

import { USUAL_RANGE } from "../period";
import { type OverviewSearch, type Range, RANGES } from "../search-params";
import { type Figures } from "../use-figures";
import { nameLabel } from "../words";

// The agent is chosen in the frame, for all pages.
const CHOSEN_HERE = ["model", "project"] as const;
const FILTERS = ["source", ...CHOSEN_HERE] as const;
type FilterName = (typeof FILTERS)[number];
const FILTER_LABELS: Record<FilterName, string> = { source: "Agent", model: "Model", project: "Project" };

interface ControlsProps {
  figures: Figures | undefined;
  search: OverviewSearch;
  onSearch: (change: OverviewSearch) => void;
}

/** Which days and which sessions all figures of the page are of. */
export function Controls({ figures, search, onSearch }: ControlsProps) {
  const { range = USUAL_RANGE } = search;
  const chooseRange = (chosen: Range) => {
    // A custom range starts from what is on screen.
    const days = chosen === "custom" && figures ? { from: isoDay(figures.period.first), to: isoDay(figures.period.last) } : { from: undefined, to: undefined };
    onSearch({ range: chosen === USUAL_RANGE ? undefined : chosen, ...days });
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      {CHOSEN_HERE.map((name) => (
        <FilterSelect key={name} name={name} figures={figures} chosen={toList(search[name])} onChoose={(names) => onSearch({ [name]: oneOrMany(names) })} />
      ))}
      <Select label="Period" className="w-36!" value={range} onChange={chooseRange} options={RANGES.map((value) => ({ value, label: rangeLabel(value) }))} />
      {range === "custom" && (
        <>
          <DayField label="From" value={search.from} max={search.to} onChange={(from) => onSearch({ from })} />
          <DayField label="To" value={search.to} min={search.from} onChange={(to) => onSearch({ to })} />
        </>
      )}
    </div>
  );
}

function rangeLabel(range: Range): string {
  if (range === "all") return "All time";
  return range === "custom" ? "Custom…" : `Last ${range} days`;
}

interface FilterSelectProps {
  name: FilterName;
  figures: Figures | undefined;
  chosen: readonly string[];
  onChoose: (names: readonly string[]) => void;
}

function FilterSelect({ name, figures, chosen, onChoose }: FilterSelectProps) {
  const options = useMemo(() => {
    // Of the whole period: a filter must not take away what it could be changed to.
    const groups = figures ? groupsOf(figures.usage, figures.unfiltered, name) : [];
    const known = groups.filter((group) => group.name !== "").map((group) => ({ value: group.name, label: nameLabel(name, group.name), count: group.sessions }));
    const missing = chosen.filter((value) => !known.some((option) => option.value === value));
    return [...known, ...missing.map((value) => ({ value, label: nameLabel(name, value), count: 0 }))];
  }, [figures, name, chosen]);
  return <MultiSelect label={FILTER_LABELS[name]} options={options} value={chosen} onChange={onChoose} isLoading={!figures} />;
}

interface DayFieldProps {
  label: string;
  value: string | undefined;
  min?: string;
  max?: string;
  onChange: (day: string | undefined) => void;
}

function DayField({ label, value, min, max, onChange }: DayFieldProps) {
  return <Input type="date" aria-label={label} className="w-36!" value={value ?? ""} min={min} max={max} onChange={(event) => onChange(event.target.value || undefined)} />;
}

/** What the figures are narrowed to, each to be taken back. */
export function ActiveFilters({ search, onSearch }: Omit<ControlsProps, "figures">) {
  const active = FILTERS.flatMap((name) => toList(search[name]).map((value) => ({ name, value })));
  if (active.length === 0) return null;
  const remove = ({ name, value }: (typeof active)[number]) => {
    onSearch({ [name]: oneOrMany(toList(search[name]).filter((other) => other !== value)) });
  };
  return (
    <ul aria-label="Filters" className="flex flex-wrap items-center gap-2">
      {active.map(({ name, value }) => (
        <li key={`${name} ${value}`} className="max-w-full">
          <Pill onRemove={() => remove({ name, value })} removeLabel={`Remove the filter ${FILTER_LABELS[name]} ${nameLabel(name, value)}`}>
            <span className="text-muted">{FILTER_LABELS[name]}</span> {nameLabel(name, value)}
          </Pill>
        </li>
      ))}
      <li>
        <Button variant="ghost" onClick={() => onSearch({ source: undefined, model: undefined, project: undefined })}>
          Clear
        </Button>
      </li>
    </ul>
  );
}
