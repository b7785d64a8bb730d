import { lazy, Suspense } from "react";

import { ErrorBoundary } from "@/components/errors/error-boundary";
import { isCostlyMarkdown } from "@/lib/markdown-cost";
import { excerpt, plainText } from "@/lib/text";

import { useFold } from "./folds";
import { ShowAll } from "./show-all";

const Markdown = lazy(() => import("./markdown"));

const FOLDED_LIMIT = 20_000;

export function RichText({ id, text }: { id: string; text: string }) {
  const { isOpen, toggle } = useFold(`${id}:all`);
  const isLong = text.length > FOLDED_LIMIT;
  const shown = plainText(isLong && !isOpen ? excerpt(text, FOLDED_LIMIT) : text);
  const asTyped = <p className="wrap-anywhere whitespace-pre-wrap [unicode-bidi:isolate]">{shown}</p>;

  return (
    <div dir="auto">
      {isCostlyMarkdown(shown) ? (
        asTyped
      ) : (
        // Nesting made to break a parser breaks only this block, which then shows as typed.
        <ErrorBoundary fallback={() => asTyped}>
          <Suspense fallback={asTyped}>
            <Markdown text={shown} />
          </Suspense>
        </ErrorBoundary>
      )}
      {isLong && <ShowAll isOpen={isOpen} length={text.length} onToggle={toggle} />}
    </div>
  );
}
