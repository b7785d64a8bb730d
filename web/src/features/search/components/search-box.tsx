import { LoaderCircle, Search, X } from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";

import { useDebounced } from "@/hooks/use-debounced";

import { MAX_QUERY } from "../search-params";

const SETTLE_MS = 250;

interface SearchBoxProps {
  q: string;
  isBusy: boolean;
  onChange: (q: string) => void;
}

/** Reports what is typed once it stands still, or at once on Enter; Escape clears. */
export function SearchBox({ q, isBusy, onChange }: SearchBoxProps) {
  const [text, setText] = useState(q);
  const [shownFor, setShownFor] = useState(q);
  const settled = useDebounced(text, SETTLE_MS);
  const input = useRef<HTMLInputElement>(null);

  // The address changed by itself (Back, the palette): the field follows.
  if (q !== shownFor) {
    setShownFor(q);
    if (q !== text.trim()) setText(q);
  }
  const report = (value: string) => {
    if (value !== q) onChange(value);
  };
  const onSettled = useEffectEvent((value: string) => {
    if (value === text.trim()) report(value);
  });
  useEffect(() => onSettled(settled.trim()), [settled]);
  useEffect(() => input.current?.focus({ preventScroll: true }), []);

  const clear = () => {
    setText("");
    report("");
    input.current?.focus();
  };
  const Icon = isBusy ? LoaderCircle : Search;
  return (
    <form
      role="search"
      className="relative"
      onSubmit={(event) => {
        event.preventDefault();
        report(text.trim());
      }}
    >
      <Icon aria-hidden className={`pointer-events-none absolute top-1/2 left-3.5 size-4.5 -translate-y-1/2 text-muted ${isBusy ? "animate-spin" : ""}`} />
      <input
        ref={input}
        type="text"
        inputMode="search"
        enterKeyHint="search"
        aria-label="Search your sessions"
        placeholder="An error, a file, a function, or what it was about…"
        autoComplete="off"
        spellCheck={false}
        maxLength={MAX_QUERY}
        className="h-11 w-full rounded-xl border border-line-strong/70 bg-surface pr-10 pl-10.5 text-base placeholder:text-muted hover:border-line-strong"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && text !== "") {
            event.preventDefault();
            clear();
          }
        }}
      />
      {text !== "" && (
        <button type="button" onClick={clear} aria-label="Clear the search" className="absolute top-1/2 right-2 grid size-8 -translate-y-1/2 place-items-center rounded-lg text-muted hover:bg-hover hover:text-ink">
          <X aria-hidden className="size-4" />
        </button>
      )}
    </form>
  );
}
