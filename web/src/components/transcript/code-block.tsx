import { memo, useEffect, useState } from "react";

import { CopyButton } from "@/components/ui/copy-button";
import { type CodeSpan } from "@/lib/highlighter";
import { highlighter } from "@/lib/highlighter-client";

/** Code with its language and a button that copies it; colours follow when they are worked out. */
export const CodeBlock = memo(function CodeBlock({ code, language }: { code: string; language: string }) {
  const spans = useHighlighted(code, language);
  return (
    <div className="code-block">
      <div className="code-bar">
        <span>{language}</span>
        <CopyButton text={code} label="this code" />
      </div>
      {/* What scrolls by itself must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>
          {spans === null
            ? code
            : spans.map((span, index) => (span.className === "" ? span.text : <span key={index} className={span.className}>{span.text}</span>))}
        </code>
      </pre>
    </div>
  );
});

function useHighlighted(code: string, language: string): CodeSpan[] | null {
  const known = language === "" ? null : highlighter.known(language, code);
  const [found, setFound] = useState<{ code: string; language: string; spans: CodeSpan[] | null }>();
  const isFound = found?.code === code && found.language === language;
  const isWanted = known === undefined && !isFound;

  useEffect(() => {
    if (isWanted) return highlighter.highlight(language, code, (spans) => setFound({ code, language, spans }));
  }, [isWanted, language, code]);

  return known ?? (isFound ? found.spans : null);
}
