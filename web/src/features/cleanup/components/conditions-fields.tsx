import { useId } from "react";

import { Checkbox } from "@/components/ui/checkbox";
import { Input } from "@/components/ui/field";
import { MultiSelect } from "@/components/ui/multi-select";
import { SelectWithAll } from "@/components/ui/select";
import { SourceDot } from "@/components/ui/source-badge";
import { useSources } from "@/hooks/use-sources";
import { sourceOf } from "@/lib/sources";

import { AGES, type Conditions, daysInWords, type Exemption, EXEMPTION_LABELS, EXEMPTIONS } from "../conditions";

const FEW = 3;

interface ConditionsFieldsProps {
  value: Conditions;
  onChange: (value: Conditions) => void;
}

/** What goes, and what is spared in any case. */
export function ConditionsFields({ value, onChange }: ConditionsFieldsProps) {
  const { filter, olderThanDays, spare } = value;
  const change = (part: Conditions["filter"]) => onChange({ ...value, filter: { ...filter, ...part } });
  const toggle = (name: Exemption, isSpared: boolean) =>
    onChange({ ...value, spare: EXEMPTIONS.filter((other) => (other === name ? isSpared : spare.includes(other))) });
  return (
    <div className="grid gap-5">
      <fieldset className="grid gap-2.5">
        <legend className="mb-2.5 text-[0.8125rem] font-medium">All of this holds</legend>
        <FewField value={filter.maxMessages} onChange={(maxMessages) => change({ maxMessages })} />
        <Checkbox label="No title" checked={filter.untitled ?? false} onChange={(on) => change({ untitled: on || undefined })} />
        <Checkbox label="Zero cost" checked={filter.zeroCost ?? false} onChange={(on) => change({ zeroCost: on || undefined })} />
        <div className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-3 gap-y-2 pt-1 text-[0.8125rem]">
          <span aria-hidden>Not touched for</span>
          <SelectWithAll
            label="Not touched for"
            allLabel="Any age"
            options={agesWith(olderThanDays)}
            value={olderThanDays === undefined ? undefined : String(olderThanDays)}
            onChange={(days) => onChange({ filter, spare, ...(days !== undefined && { olderThanDays: Number(days) }) })}
          />
          <span aria-hidden>From</span>
          <SourcesField value={filter.source ?? []} onChange={(source) => change({ source: source.length > 0 ? source : undefined })} />
        </div>
      </fieldset>
      <fieldset className="grid gap-2.5">
        <legend className="mb-2.5 text-[0.8125rem] font-medium">Never take</legend>
        {EXEMPTIONS.map((name) => (
          <Checkbox key={name} label={EXEMPTION_LABELS[name]} checked={spare.includes(name)} onChange={(on) => toggle(name, on)} />
        ))}
      </fieldset>
    </div>
  );
}

function FewField({ value, onChange }: { value: number | undefined; onChange: (value: number | undefined) => void }) {
  const id = useId();
  const isOn = value !== undefined;
  return (
    <div className="flex flex-wrap items-center gap-2 text-[0.8125rem]">
      <Checkbox label={isOn ? "Fewer than" : `Fewer than ${FEW} messages`} checked={isOn} onChange={(on) => onChange(on ? FEW : undefined)} />
      {isOn && (
        <>
          <label htmlFor={id} className="sr-only">
            Messages
          </label>
          <Input
            id={id}
            type="number"
            min={1}
            max={9999}
            value={value}
            onChange={({ target }) => {
              if (target.valueAsNumber >= 1) onChange(Math.floor(target.valueAsNumber));
            }}
            className="nums h-7! w-18!"
          />
          <span aria-hidden>messages</span>
        </>
      )}
    </div>
  );
}

function SourcesField({ value, onChange }: { value: string[]; onChange: (value: string[]) => void }) {
  const known = useSources();
  const options = [...new Set([...known, ...value])].map((id) => ({ value: id, label: sourceOf(id).label, icon: <SourceDot source={id} /> }));
  return <MultiSelect label={value.length === 0 ? "Any agent" : "Agents"} options={options} value={value} onChange={onChange} className="justify-between!" />;
}

function agesWith(days: number | undefined) {
  const ages = days === undefined || AGES.includes(days) ? AGES : [...AGES, days].toSorted((a, b) => a - b);
  return ages.map((age) => ({ value: String(age), label: daysInWords(age) }));
}
