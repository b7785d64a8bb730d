import { isValidElement, memo, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";

import { CodeBlock } from "./code-block";
import { htmlAsText } from "./html-as-text";

const components: Components = {
  a: ({ href, children }) => <Away href={href}>{children}</Away>,
  // Loading a picture would tell its server who reads this and when.
  img: ({ src, alt }) => <Away href={typeof src === "string" ? src : undefined}>Image: {alt || "untitled"}</Away>,
  input: ({ checked }) => <input type="checkbox" disabled checked={checked} aria-label={checked ? "Done" : "To do"} />,
  pre: ({ children }) => <CodeBlock {...codeOf(children)} />,
  table: ({ children }) => (
    // What scrolls by itself must be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-scroll" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};

/** A link that leaves the dashboard; without an address that may be followed it is only its text. */
function Away({ href, children }: { href: string | undefined; children: ReactNode }) {
  if (!href) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
      {children}
    </a>
  );
}

/** A relative address would lead somewhere in this dashboard, which no transcript can mean. */
function onlyAway(address: string): string {
  return /^(?:https?|mailto):/i.test(address) ? address : "";
}

/** A `<pre>` of Markdown holds one `<code>` with text in it. */
function codeOf(children: ReactNode): { code: string; language: string } {
  const only: ReactNode = Array.isArray(children) ? (children as ReactNode[]).find((child) => isValidElement(child)) : children;
  if (!isValidElement<{ className?: unknown; children?: unknown }>(only)) return { code: "", language: "" };
  const { className, children: text } = only.props;
  const language = typeof className === "string" ? (/(?:^|\s)language-([\w+#.-]{1,30})/.exec(className)?.[1] ?? "") : "";
  return { code: typeof text === "string" ? text.replace(/\n$/, "") : "", language: language.toLowerCase() };
}

/**
 * Transcripts are hostile input: raw HTML becomes text, addresses are limited
 * to known schemes, and what is left passes a list of allowed elements.
 */
const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm, htmlAsText]} rehypePlugins={[rehypeSanitize]} urlTransform={onlyAway} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
});

export default Markdown;
