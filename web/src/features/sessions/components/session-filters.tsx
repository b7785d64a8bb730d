import { Search, X } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { useDebounced } from "@/hooks/use-debounced";
import { type SessionFilter } from "@/lib/query-keys";
import { SOURCES, sourceOf } from "@/lib/sources";

interface SessionFiltersProps {
  filter: SessionFilter;
  onFilter: (change: SessionFilter) => void;
}

export function SessionFilters({ filter, onFilter }: SessionFiltersProps) {
  const isKnown = !filter.source || SOURCES.some(({ id }) => id === filter.source);
  return (
    <div role="search" className="flex gap-2">
      <TitleFilter q={filter.q ?? ""} onChange={(q) => onFilter({ q: q || undefined })} />
      <Select
        className="w-36 shrink-0"
        aria-label="Agent"
        value={filter.source ?? ""}
        onChange={(event) => onFilter({ source: event.target.value || undefined })}
      >
        <option value="">All agents</option>
        {SOURCES.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
        {!isKnown && <option value={filter.source}>{sourceOf(filter.source).label}</option>}
      </Select>
      {(filter.q ?? filter.source) && (
        <Button variant="ghost" onClick={() => onFilter({ q: undefined, source: undefined })}>
          <X aria-hidden /> <span className="max-sm:sr-only">Clear</span>
        </Button>
      )}
    </div>
  );
}

function TitleFilter({ q, onChange }: { q: string; onChange: (q: string) => void }) {
  const [text, setText] = useState(q);
  const [shownFor, setShownFor] = useState(q);
  const settled = useDebounced(text, 250);

  // The address changed by itself (Back, Clear): the field follows.
  if (q !== shownFor) {
    setShownFor(q);
    if (q !== text.trim()) setText(q);
  }
  const report = useEffectEvent((value: string) => {
    if (value !== q && value === text.trim()) onChange(value);
  });
  useEffect(() => report(settled.trim()), [settled]);

  return (
    <div className="relative min-w-0 flex-1 sm:max-w-72">
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted" />
      <Input
        type="search"
        aria-label="Filter by title"
        placeholder="Filter by title"
        className="pl-8"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}
