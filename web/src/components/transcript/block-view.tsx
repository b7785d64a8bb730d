import { Braces, Brain, CornerDownRight, TriangleAlert } from "lucide-react";

import { firstLine } from "@/lib/text";
import { type Block, pretty } from "@/lib/transcript";

import { Fold } from "./fold";
import { PictureView } from "./picture-view";
import { PlainText } from "./plain-text";
import { RichText } from "./rich-text";
import { ResultView, ToolBlock } from "./tool-block";

/** One block of a message. */
export function BlockView({ id, block }: { id: string; block: Block }) {
  switch (block.kind) {
    case "text":
      return <RichText id={id} text={block.text} />;
    case "thinking":
      return (
        <Fold id={id} icon={Brain} label="Thinking" summary={firstLine(block.text)}>
          <div className="px-3 py-2.5 text-[0.8125rem] text-muted">
            <RichText id={id} text={block.text} />
          </div>
        </Fold>
      );
    case "tool-call":
      return <ToolBlock id={id} call={block} />;
    case "tool-result":
      return (
        <Fold
          id={id}
          icon={block.isError ? TriangleAlert : CornerDownRight}
          label={block.isError ? "Error" : "Result"}
          summary={firstLine(block.text)}
          tone={block.isError ? "danger" : "plain"}
        >
          <ResultView id={id} result={block} />
        </Fold>
      );
    case "picture":
      return <PictureView picture={block.picture} />;
    case "other":
      return (
        <Fold id={id} icon={Braces} label={firstLine(block.type, 60) || "Part"}>
          <PlainText id={id} text={pretty(block.content)} />
        </Fold>
      );
  }
}
