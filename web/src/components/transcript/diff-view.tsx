import clsx from "clsx";

import { type DiffLine } from "@/lib/line-diff";
import { excerpt, plainText } from "@/lib/text";

import { useMore } from "./folds";
import { ShowAll } from "./show-all";

export const DIFF_LIMITS = { first: 60, most: 2_000, line: 2_000 };

const signs = { same: " ", added: "+", removed: "−", note: " " };
const spoken = { same: "", added: "added: ", removed: "removed: ", note: "" };
const lineClass = {
  same: "",
  added: "bg-diff-add-soft",
  removed: "bg-diff-remove-soft",
  note: "bg-hover text-muted",
};
const signClass = { same: "text-muted", added: "text-diff-add", removed: "text-diff-remove", note: "text-muted" };
const wordClass = { same: "", added: "bg-diff-add-word", removed: "bg-diff-remove-word", note: "" };

export function DiffView({ id, lines }: { id: string; lines: readonly DiffLine[] }) {
  const { isOpen, toggle } = useMore(id);
  const shown = lines.slice(0, isOpen ? DIFF_LIMITS.most : DIFF_LIMITS.first);
  return (
    <div>
      {/* What scrolls by itself must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div tabIndex={0} role="group" aria-label="Changes" className="max-h-[36rem] overflow-auto font-mono text-xs leading-relaxed -outline-offset-2">
        <div className="w-max min-w-full py-1">
          {shown.map((line, index) => (
            <div key={index} className={clsx("flex px-3 whitespace-pre", lineClass[line.kind])}>
              <span aria-hidden className={clsx("w-4 shrink-0 select-none", signClass[line.kind])}>
                {signs[line.kind]}
              </span>
              {spoken[line.kind] !== "" && <span className="sr-only">{spoken[line.kind]}</span>}
              <span dir="auto" className="[unicode-bidi:isolate]">
                {line.words.map((word, place) => (
                  <span key={place} className={word.isChanged ? clsx("rounded-xs", wordClass[line.kind]) : undefined}>
                    {plainText(excerpt(word.text, DIFF_LIMITS.line))}
                  </span>
                ))}
              </span>
            </div>
          ))}
        </div>
      </div>
      {lines.length > DIFF_LIMITS.first && (
        <div className="border-t border-line px-3">
          <ShowAll isOpen={isOpen} amount={`${lines.length} lines`} onToggle={toggle} />
        </div>
      )}
    </div>
  );
}
