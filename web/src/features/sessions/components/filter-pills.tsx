import { Button } from "@/components/ui/button";
import { Pill } from "@/components/ui/pill";

import { NO_FILTER, pillsOf } from "../filter-pills";

import { type FilterProps } from "./session-filters";

export function FilterPills({ params, onFilter }: FilterProps) {
  const pills = pillsOf(params);
  if (pills.length === 0) return null;
  return (
    <div role="group" aria-label="Filters that are set" className="flex flex-wrap items-center gap-1.5">
      {pills.map(({ text, change }) => (
        <Pill key={text} removeLabel={`Remove the filter ${text}`} onRemove={() => onFilter(change)} className="max-w-80">
          {text}
        </Pill>
      ))}
      <Button variant="ghost" className="h-7!" onClick={() => onFilter(NO_FILTER)}>
        Clear
      </Button>
    </div>
  );
}
