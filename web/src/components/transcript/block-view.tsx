import { Braces, Brain, TerminalSquare, TriangleAlert, Wrench } from "lucide-react";

import { firstLine } from "@/lib/text";
import { type Block, pretty } from "@/lib/transcript";

import { Fold } from "./fold";
import { PlainText } from "./plain-text";
import { RichText } from "./rich-text";

/** One block of a message. Tool calls get a view by kind here as the need arises. */
export function BlockView({ id, block }: { id: string; block: Block }) {
  switch (block.kind) {
    case "text":
      return <RichText id={id} text={block.text} />;
    case "thinking":
      return (
        <Fold id={id} icon={Brain} label="Thinking" summary={firstLine(block.text)}>
          <div className="px-3 py-2.5 text-[0.8125rem] text-muted">
            <RichText id={`${id}:text`} text={block.text} />
          </div>
        </Fold>
      );
    case "tool-call":
      return (
        <Fold id={id} icon={Wrench} label={firstLine(block.name, 60)} summary={firstLine(block.summary)}>
          <PlainText id={`${id}:text`} text={pretty(block.args)} />
        </Fold>
      );
    case "tool-result":
      return (
        <Fold
          id={id}
          icon={block.isError ? TriangleAlert : TerminalSquare}
          label={block.isError ? "Error" : "Result"}
          summary={firstLine(block.text)}
          tone={block.isError ? "danger" : "plain"}
        >
          <PlainText id={`${id}:text`} text={block.text} />
        </Fold>
      );
    case "other":
      return (
        <Fold id={id} icon={Braces} label={firstLine(block.type, 60) || "Part"}>
          <PlainText id={`${id}:text`} text={pretty(block.content)} />
        </Fold>
      );
  }
}
