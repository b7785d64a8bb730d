import { CopyButton } from "@/components/ui/copy-button";
import { excerpt, plainText } from "@/lib/text";

import { useFold } from "./folds";
import { ShowAll } from "./show-all";

const LIMIT = 8_000;

/** Output as it was printed. A megabyte in one block would stall the page, so it opens in two steps. */
export function PlainText({ id, text }: { id: string; text: string }) {
  const { isOpen, toggle } = useFold(`${id}:all`);
  const shown = plainText(isOpen ? text : excerpt(text, LIMIT));
  return (
    <div className="group relative">
      {/* What scrolls by itself must be reachable by keyboard. */}
      <pre
        dir="auto"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="max-h-[32rem] overflow-auto px-3 py-2.5 pr-11 font-mono text-xs leading-relaxed wrap-anywhere whitespace-pre-wrap [unicode-bidi:isolate]"
      >
        {shown}
      </pre>
      <div className="absolute top-1 right-1 bg-sunken">
        <CopyButton text={text} label="this output" />
      </div>
      {text.length > LIMIT && (
        <div className="border-t border-line px-3">
          <ShowAll isOpen={isOpen} length={text.length} onToggle={toggle} />
        </div>
      )}
    </div>
  );
}
