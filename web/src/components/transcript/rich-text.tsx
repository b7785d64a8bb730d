import { lazy, Suspense, useMemo } from "react";

import { ErrorBoundary } from "@/components/errors/error-boundary";
import { formatCompact } from "@/lib/format";
import { isCostlyMarkdown } from "@/lib/markdown-cost";
import { excerpt, plainText } from "@/lib/text";

import { useMore } from "./folds";
import { ShowAll } from "./show-all";

const Markdown = lazy(() => import("./markdown"));

/** How much of a text is shown at first, and at most. */
export const TEXT_LIMITS = { first: 12_000, most: 500_000 };

export function RichText({ id, text }: { id: string; text: string }) {
  const { isOpen, toggle } = useMore(id);
  const shown = useMemo(() => plainText(excerpt(text, isOpen ? TEXT_LIMITS.most : TEXT_LIMITS.first)), [text, isOpen]);
  const isCostly = useMemo(() => isCostlyMarkdown(shown), [shown]);
  const asTyped = <p className="wrap-anywhere whitespace-pre-wrap [unicode-bidi:isolate]">{shown}</p>;

  return (
    <div dir="auto">
      {isCostly ? (
        asTyped
      ) : (
        // Nesting made to break a parser breaks only this block, which then shows as typed.
        <ErrorBoundary fallback={() => asTyped}>
          <Suspense fallback={asTyped}>
            <Markdown text={shown} />
          </Suspense>
        </ErrorBoundary>
      )}
      {text.length > TEXT_LIMITS.first && <ShowAll isOpen={isOpen} amount={`${formatCompact(text.length)} characters`} onToggle={toggle} />}
    </div>
  );
}
