import clsx from "clsx";
import { CalendarDays, ChevronDown } from "lucide-react";
import { useState } from "react";

import { type DayRange, dayLabel, DAY_PRESETS, presetRange } from "@/lib/days";

import { Button } from "./button";
import { Input } from "./field";
import { Popover } from "./popover";

interface DateRangeProps {
  label: string;
  value: DayRange;
  onChange: (range: DayRange) => void;
  className?: string;
}

/** A span of days in the reader's time zone; both ends belong to it, either may be open. */
export function DateRange({ label, value, onChange, className }: DateRangeProps) {
  const [isOpen, setIsOpen] = useState(false);
  const text = dayLabel(value);
  return (
    <Popover
      label={label}
      isOpen={isOpen}
      onOpenChange={setIsOpen}
      className="w-64"
      trigger={
        <Button
          className={clsx(text !== undefined && "border-accent/60 text-accent-strong", className)}
          aria-label={text === undefined ? label : `${label}: ${text}`}
        >
          <CalendarDays aria-hidden className="text-muted" />
          <span className="nums">{text ?? label}</span>
          <ChevronDown aria-hidden className="text-muted" />
        </Button>
      }
    >
      <div className="grid grid-cols-2 gap-1">
        {DAY_PRESETS.map((preset) => (
          <Button
            key={preset.label}
            variant="ghost"
            className="justify-start!"
            onClick={() => {
              onChange(presetRange(preset.days, Date.now()));
              setIsOpen(false);
            }}
          >
            {preset.label}
          </Button>
        ))}
      </div>
      <div className="mt-2 grid gap-2 border-t border-line pt-3">
        <DayField label="From" value={value.from} max={value.to} onChange={(from) => onChange({ ...value, from })} />
        <DayField label="To" value={value.to} min={value.from} onChange={(to) => onChange({ ...value, to })} />
        <Button disabled={text === undefined} onClick={() => onChange({ from: undefined, to: undefined })}>
          Any time
        </Button>
      </div>
    </Popover>
  );
}

interface DayFieldProps {
  label: string;
  value: string | undefined;
  min?: string;
  max?: string;
  onChange: (day: string | undefined) => void;
}

function DayField({ label, value, min, max, onChange }: DayFieldProps) {
  return (
    <label className="flex items-center gap-2 text-xs text-muted">
      <span className="w-9">{label}</span>
      <Input type="date" value={value ?? ""} min={min} max={max} onChange={(event) => onChange(event.target.value || undefined)} />
    </label>
  );
}
