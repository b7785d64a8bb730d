import { Section } from "@/components/layouts/page";
import { Checkbox } from "@/components/ui/checkbox";
import { InlineError } from "@/components/ui/error-message";
import { useMe } from "@/hooks/use-auth-sync";
import { SOURCES } from "@/lib/sources";

import { useSetAgents } from "../api/set-agents";

/** Which agents the filters offer. Sessions of the others are kept and shown all the same. */
export function AgentsSection() {
  const { user } = useMe();
  const save = useSetAgents();
  const stored = save.isPending ? save.variables : (user.enabledAgents ?? []);
  const enabled = new Set(stored.length > 0 ? stored : SOURCES.map(({ id }) => id));

  const toggle = (id: string) => {
    const wanted = SOURCES.map((source) => source.id).filter((source) => (source === id ? !enabled.has(id) : enabled.has(source)));
    // All of them and none of them both mean: no choice was made.
    save.mutate(wanted.length === SOURCES.length ? [] : wanted);
  };
  return (
    <Section title="Agents" description="The agents you use: the source filter offers these. Sessions of others are kept, too.">
      <ul className="grid gap-1 sm:grid-cols-2">
        {SOURCES.map(({ id, label }) => (
          <li key={id}>
            <Checkbox checked={enabled.has(id)} onChange={() => toggle(id)} label={label} className="py-1.5" />
          </li>
        ))}
      </ul>
      {save.error && <InlineError error={save.error} />}
    </Section>
  );
}
