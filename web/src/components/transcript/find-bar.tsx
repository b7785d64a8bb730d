import { ChevronDown, ChevronUp, X } from "lucide-react";
import { type KeyboardEvent, type Ref } from "react";

import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { formatInteger } from "@/lib/format";

interface FindBarProps {
  inputRef: Ref<HTMLInputElement>;
  query: string;
  total: number;
  position: number;
  onQuery: (query: string) => void;
  onStep: (by: 1 | -1) => void;
  onClose: () => void;
}

export function FindBar({ inputRef, query, total, position, onQuery, onStep, onClose }: FindBarProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") onClose();
    else return;
    event.preventDefault();
  };
  const status = query === "" ? "" : total === 0 ? "Not found" : `${formatInteger(position + 1)} of ${formatInteger(total)}`;
  return (
    <div role="search" aria-label="Find in this session" className="appear flex items-center gap-1 rounded-lg border border-line bg-surface p-1 shadow-md">
      <Input
        ref={inputRef}
        type="text"
        value={query}
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder="Find in this session"
        aria-label="Find in this session"
        autoComplete="off"
        spellCheck={false}
        className="min-w-0 flex-1 sm:w-56"
      />
      <span role="status" className="nums min-w-16 px-1 text-center text-xs whitespace-nowrap text-muted">
        {status}
      </span>
      <Button variant="ghost" isIcon aria-label="Previous hit" title="Previous (Shift+Enter)" disabled={total === 0} onClick={() => onStep(-1)}>
        <ChevronUp aria-hidden />
      </Button>
      <Button variant="ghost" isIcon aria-label="Next hit" title="Next (Enter)" disabled={total === 0} onClick={() => onStep(1)}>
        <ChevronDown aria-hidden />
      </Button>
      <Button variant="ghost" isIcon aria-label="Close the search" title="Close (Escape)" onClick={onClose}>
        <X aria-hidden />
      </Button>
    </div>
  );
}
