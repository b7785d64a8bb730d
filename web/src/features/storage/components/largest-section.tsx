import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { Section } from "@/components/layouts/page";
import { Button } from "@/components/ui/button";
import { SegmentedControl } from "@/components/ui/segmented-control";

import { type Storage } from "../api/get-storage";

import { AmountTable } from "./amount-table";

type Kind = "sessions" | "projects";

const SHOWN = 8;

/** What takes the most room. */
export function LargestSection({ storage: { sessions, projects } }: { storage: Pick<Storage, "sessions" | "projects"> }) {
  const [kind, setKind] = useState<Kind>("sessions");
  const [isWhole, setIsWhole] = useState(false);
  const count = (kind === "sessions" ? sessions : projects).length;
  const shown = isWhole ? count : SHOWN;
  return (
    <Section title="Largest" description="Everything that belongs to them counts: messages, parts, vectors, full text.">
      <SegmentedControl
        label="Largest"
        className="mb-3"
        value={kind}
        onChange={setKind}
        options={[
          { value: "sessions", label: "Sessions" },
          { value: "projects", label: "Projects" },
        ]}
      />
      {sessions.length === 0 ? (
        <p className="py-8 text-center text-muted">Nothing is kept yet.</p>
      ) : kind === "sessions" ? (
        <AmountTable
          caption="Largest sessions"
          columns={["Session", "Messages", "Parts"]}
          lines={sessions.slice(0, shown).map(({ id, title, messages, parts, bytes }) => ({
            key: id,
            label: (
              <Link to="/sessions/$id" params={{ id }} className="hover:underline" title={title}>
                {title || "Untitled"}
              </Link>
            ),
            counts: [messages, parts],
            bytes,
          }))}
        />
      ) : (
        <AmountTable
          caption="Largest projects"
          columns={["Project", "Sessions", "Messages", "Parts"]}
          lines={projects.slice(0, shown).map(({ name, sessions: ofIt, messages, parts, bytes }) => ({
            key: name,
            label: <ProjectName name={name} />,
            counts: [ofIt, messages, parts],
            bytes,
          }))}
        />
      )}
      {count > SHOWN && (
        <Button variant="ghost" className="mt-2" onClick={() => setIsWhole(!isWhole)} aria-expanded={isWhole}>
          {isWhole ? "Show fewer" : `Show all ${count}`}
        </Button>
      )}
    </Section>
  );
}

function ProjectName({ name }: { name: string }) {
  if (name === "") return <span className="text-muted">No project</span>;
  // A project without a name goes by its path, by which sessions cannot be filtered.
  if (/[\\/]/.test(name)) return <span title={name}>{name}</span>;
  return (
    <Link to="/sessions" search={{ projectName: name }} className="hover:underline" title={name}>
      {name}
    </Link>
  );
}
