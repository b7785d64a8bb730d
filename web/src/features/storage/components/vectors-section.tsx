import { Section } from "@/components/layouts/page";
import { Progress } from "@/components/ui/progress";
import { formatInteger } from "@/lib/format";

import { type Storage } from "../api/get-storage";

/** How far one machine's index still reaches. */
export function VectorsSection({ vectors: { count, index, qdrantAdvised } }: Pick<Storage, "vectors">) {
  return (
    <Section title="Vectors" description="Search by meaning compares a query with each of them.">
      <p className="nums mb-1 flex flex-wrap justify-between gap-x-4 text-[0.8125rem]">
        <span>{formatInteger(count)} vectors</span>
        {index !== "qdrant" && <span className="text-muted">of {formatInteger(qdrantAdvised)} that the index in files is good for</span>}
      </p>
      {index !== "qdrant" && <Progress label="Vectors until a Qdrant server is advised" value={count} max={qdrantAdvised} />}
      <p className="mt-2 text-[0.8125rem] text-pretty text-muted">{adviceOf(count, index, qdrantAdvised)}</p>
    </Section>
  );
}

function adviceOf(count: number, index: Storage["vectors"]["index"], advised: number): string {
  if (index === "qdrant") return "They are kept in Qdrant, which is made for many more.";
  if (count >= advised) return "Searches get slower from here on. Move the index to a Qdrant server: docs/howto/choose-an-index.md says how.";
  if (index === "off") return "Search by meaning is switched off on this server, so that none are added.";
  return `The index in files does well up to there. ${formatInteger(advised - count)} more, and a Qdrant server is advised.`;
}
