interface MarkdownNode {
  type: string;
  value?: string;
  lang?: string;
  children?: MarkdownNode[];
}

/**
 * Raw HTML is never rendered, but it must not vanish either: people and agents write about
 * `<div>`, and a hidden comment is something a reader wants to see.
 */
export function htmlAsText() {
  return (tree: MarkdownNode) => replace(tree);
}

function replace(parent: MarkdownNode): void {
  // Among blocks it reads best as code, inside a sentence as the text it is.
  const isBlock = ["root", "blockquote", "listItem", "footnoteDefinition"].includes(parent.type);
  for (const node of parent.children ?? []) {
    if (node.type === "html") {
      node.type = isBlock ? "code" : "text";
      if (isBlock) node.lang = "html";
    } else {
      replace(node);
    }
  }
}
