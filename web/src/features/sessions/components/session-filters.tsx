import { Search, SlidersHorizontal } from "lucide-react";
import { type Ref, useState } from "react";

import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { DateRange } from "@/components/ui/date-range";
import { Input } from "@/components/ui/field";
import { MultiSelect, type MultiSelectOption } from "@/components/ui/multi-select";
import { Popover } from "@/components/ui/popover";
import { oneOrMany } from "@/lib/search-params";
import { EVAL_STATUSES, toList } from "@/lib/session-filter";
import { sourceOf } from "@/lib/sources";

import { type FilterOption, useFilterOptions } from "../api/get-filter-options";
import { EVAL_STATUS_LABELS } from "../filter-pills";
import { type FilterParams } from "../search-params";

import { SettledInput } from "./settled-input";

export interface FilterProps {
  params: FilterParams;
  onFilter: (change: FilterParams) => void;
}

const EMPTY = { source: [], model: [], project: [], provider: [] };

export function SessionFilters({ params, onFilter, searchRef }: FilterProps & { searchRef?: Ref<HTMLInputElement> }) {
  const { data: options = EMPTY, isPending: isLoading } = useFilterOptions();
  return (
    <div role="search" className="relative flex min-w-0 items-center gap-2 max-md:-mx-4 max-md:overflow-x-auto max-md:px-4 max-md:py-1 md:flex-wrap">
      <div className="relative w-56 shrink-0 max-sm:w-44">
        <Search aria-hidden className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted" />
        <SettledInput
          ref={searchRef}
          type="search"
          aria-label="Filter by title"
          placeholder="Filter by title"
          aria-keyshortcuts="/"
          className="pl-8"
          value={params.q ?? ""}
          onSettle={(q) => onFilter({ q: q || undefined })}
        />
      </div>
      <Names label="Agent" isLoading={isLoading} names={options.source} value={params.source} onChange={(source) => onFilter({ source })} labelOf={(id) => sourceOf(id).label} />
      <Names label="Model" isLoading={isLoading} names={options.model} value={params.model} onChange={(model) => onFilter({ model })} />
      <Names label="Project" isLoading={isLoading} names={options.project} value={params.projectName} onChange={(projectName) => onFilter({ projectName })} />
      <Names label="Provider" isLoading={isLoading} names={options.provider} value={params.provider} onChange={(provider) => onFilter({ provider })} />
      <DateRange label="Updated" value={params} onChange={({ from, to }) => onFilter({ from, to })} className="shrink-0" />
      <MoreFilters params={params} onFilter={onFilter} />
    </div>
  );
}

interface NamesProps {
  label: string;
  names: readonly FilterOption[];
  isLoading: boolean;
  value: string | readonly string[] | undefined;
  onChange: (value: string | readonly string[] | undefined) => void;
  labelOf?: (value: string) => string;
}

function Names({ label, names, isLoading, value, onChange, labelOf = (name) => name }: NamesProps) {
  const chosen = toList(value);
  const options: MultiSelectOption[] = names.map((option) => ({ ...option, label: labelOf(option.value) }));
  // What the address asks for stays in the list, so that it can be taken away there too.
  const unknown = chosen.filter((name) => !names.some((option) => option.value === name));
  options.push(...unknown.map((name) => ({ value: name, label: labelOf(name) })));
  return <MultiSelect label={label} options={options} value={chosen} onChange={(next) => onChange(oneOrMany(next))} isLoading={isLoading} className="shrink-0" />;
}

const FLAGS = [
  ["untitled", "No title"],
  ["zeroCost", "Zero cost"],
  ["isPublic", "Public"],
  ["evalReady", "Eval-ready"],
] as const;

function MoreFilters({ params, onFilter }: FilterProps) {
  const count = countOfMore(params);
  const statuses = toList(params.evalStatus);
  return (
    <Popover
      label="More filters"
      className="w-72"
      trigger={
        <Button className={count > 0 ? "border-accent/60 text-accent-strong" : undefined}>
          <SlidersHorizontal aria-hidden className="text-muted" />
          <span>
            More <span className="sr-only">filters</span>
          </span>
          {count > 0 && (
            <span className="nums rounded-md bg-accent-soft px-1.5 text-2xs">
              {count} <span className="sr-only">set</span>
            </span>
          )}
        </Button>
      }
    >
      <div className="grid gap-3">
        <fieldset>
          <legend className="mb-1 text-xs text-muted">Tokens</legend>
          <div className="grid grid-cols-[1fr_auto_1fr] items-center gap-2">
            <NumberField label="Tokens at least" placeholder="from" value={params.minTokens} onSettle={(minTokens) => onFilter({ minTokens })} />
            <span className="text-muted">–</span>
            <NumberField label="Tokens at most" placeholder="to" value={params.maxTokens} onSettle={(maxTokens) => onFilter({ maxTokens })} />
          </div>
        </fieldset>
        <div className="flex items-center gap-2 text-[0.8125rem]">
          <span className="whitespace-nowrap">Fewer than</span>
          <NumberField label="Fewer messages than" placeholder="5" value={params.maxMessages} onSettle={(maxMessages) => onFilter({ maxMessages })} />
          messages
        </div>
        <div className="grid grid-cols-2 gap-2">
          {FLAGS.map(([name, label]) => (
            <Checkbox key={name} label={label} checked={params[name] === true} onChange={(on) => onFilter({ [name]: on || undefined })} />
          ))}
        </div>
        <fieldset>
          <legend className="mb-1.5 text-xs text-muted">Eval verdict</legend>
          <div className="grid grid-cols-2 gap-2">
            {EVAL_STATUSES.map((status) => (
              <Checkbox
                key={status}
                label={EVAL_STATUS_LABELS[status]}
                checked={statuses.includes(status)}
                onChange={(on) => onFilter({ evalStatus: oneOrMany(on ? [...statuses, status] : statuses.filter((other) => other !== status)) })}
              />
            ))}
          </div>
        </fieldset>
        <TagField onAdd={(tag) => onFilter({ tags: [...new Set([...(params.tags ?? []), tag])] })} />
      </div>
    </Popover>
  );
}

interface NumberFieldProps {
  label: string;
  placeholder: string;
  value: number | undefined;
  onSettle: (value: number | undefined) => void;
}

function NumberField({ label, placeholder, value, onSettle }: NumberFieldProps) {
  return (
    <SettledInput
      type="number"
      min={0}
      inputMode="numeric"
      aria-label={label}
      placeholder={placeholder}
      className="nums"
      value={value === undefined ? "" : String(value)}
      onSettle={(text) => onSettle(text === "" ? undefined : Math.max(0, Math.floor(Number(text))))}
    />
  );
}

/** Added by Enter; the pills below the filters show what there is and take it away. */
function TagField({ onAdd }: { onAdd: (tag: string) => void }) {
  const [text, setText] = useState("");
  const add = () => {
    if (text.trim() !== "") onAdd(text.trim());
    setText("");
  };
  return (
    <form action={add} className="grid gap-1 text-xs text-muted">
      <label htmlFor="tag-filter">Tag</label>
      <div className="flex gap-2">
        <Input id="tag-filter" value={text} placeholder="regression" onChange={(event) => setText(event.target.value)} />
        <Button type="submit">Add</Button>
      </div>
    </form>
  );
}

function countOfMore(params: FilterParams): number {
  const { minTokens, maxTokens, maxMessages, untitled, zeroCost, isPublic, evalReady, evalStatus, tags } = params;
  const hasTokens = minTokens !== undefined || maxTokens !== undefined;
  return [hasTokens, maxMessages !== undefined, untitled, zeroCost, isPublic, evalReady, evalStatus, tags].filter(Boolean).length;
}
