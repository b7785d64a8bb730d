import { useMemo } from "react";

import { CopyButton } from "@/components/ui/copy-button";
import { terminalSpans } from "@/lib/ansi";
import { formatCompact } from "@/lib/format";
import { excerpt } from "@/lib/text";

import { useMore } from "./folds";
import { ShowAll } from "./show-all";

/** How much of an output is shown at first, and at most: more in one block would stall the page. */
export const OUTPUT_LIMITS = { first: 6_000, most: 500_000 };

/** Output as a terminal prints it, with its colours. */
export function PlainText({ id, text, label = "this output" }: { id: string; text: string; label?: string }) {
  const { isOpen, toggle } = useMore(id);
  const spans = useMemo(() => terminalSpans(excerpt(text, isOpen ? OUTPUT_LIMITS.most : OUTPUT_LIMITS.first)), [text, isOpen]);
  return (
    <div className="relative bg-sunken">
      {/* What scrolls by itself must be reachable by keyboard. */}
      <pre
        dir="auto"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="max-h-[28rem] overflow-auto px-3 py-2.5 pr-11 font-mono text-xs leading-relaxed -outline-offset-2 wrap-anywhere whitespace-pre-wrap [unicode-bidi:isolate]"
      >
        {spans.map((span, index) => (span.className === "" ? span.text : <span key={index} className={span.className}>{span.text}</span>))}
      </pre>
      <div className="absolute top-1 right-2 bg-sunken">
        <CopyButton text={text} label={label} />
      </div>
      {text.length > OUTPUT_LIMITS.first && (
        <div className="flex flex-wrap items-center gap-x-4 border-t border-line px-3">
          <ShowAll isOpen={isOpen} amount={`${formatCompact(text.length)} characters`} onToggle={toggle} />
          {isOpen && text.length > OUTPUT_LIMITS.most && (
            <span className="py-2 text-xs text-muted">The first {formatCompact(OUTPUT_LIMITS.most)} are shown; copy the output to get the rest.</span>
          )}
        </div>
      )}
    </div>
  );
}
