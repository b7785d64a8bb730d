import { memo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";

import { htmlAsText } from "./html-as-text";

const components: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
      {children}
    </a>
  ),
  // Loading a picture would tell its server who reads this and when.
  img: ({ src, alt }) => {
    const label = `Image: ${alt || "untitled"}`;
    if (typeof src !== "string" || src === "") return <span>{label}</span>;
    return (
      <a href={src} target="_blank" rel="noopener noreferrer nofollow" title={src}>
        {label}
      </a>
    );
  },
  input: ({ checked }) => <input type="checkbox" disabled checked={checked} aria-label={checked ? "Done" : "To do"} />,
  // What scrolls by itself must be reachable by keyboard.
  // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-scroll" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};

/**
 * Transcripts are hostile input: raw HTML becomes text, addresses are limited
 * to known schemes, and what is left passes a list of allowed elements.
 */
const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm, htmlAsText]} rehypePlugins={[rehypeSanitize]} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
});

export default Markdown;
