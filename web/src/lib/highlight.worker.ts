import { common, createLowlight } from "lowlight";

import { type CodeSpan, type HighlightAnswer, type HighlightRequest } from "./highlighter";

interface Scope {
  send: (answer: HighlightAnswer) => void;
}

type Node = ReturnType<ReturnType<typeof createLowlight>["highlight"]>["children"][number];

const lowlight = createLowlight(common);
const scope: Scope = { send: (answer) => self.postMessage(answer) };

self.onmessage = ({ data }: MessageEvent<HighlightRequest>) => {
  const isKnown = lowlight.registered(data.language);
  scope.send({ id: data.id, spans: isKnown ? flatten(lowlight.highlight(data.language, data.code).children) : null });
};

/** Nested scopes as one run of spans; the innermost says the colour. */
function flatten(nodes: readonly Node[], className = ""): CodeSpan[] {
  return nodes.flatMap((node) => {
    if (node.type === "text") return [{ text: node.value, className }];
    if (node.type !== "element") return [];
    const names = node.properties.className;
    return flatten(node.children, Array.isArray(names) ? names.join(" ") : className);
  });
}
