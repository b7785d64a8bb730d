import { CodeLine } from "@/components/ui/code-line";
import { SourceBadge } from "@/components/ui/source-badge";
import { pluginSetups } from "@/lib/plugins";

/** How to connect the agents to this server. */
export function PluginSetup({ apiKey }: { apiKey?: string }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      {pluginSetups(apiKey).map((setup) => (
        <section key={setup.id} aria-label={setup.label}>
          <h3 className="mb-2.5 font-medium">
            <SourceBadge source={setup.id} className="text-sm" />
          </h3>
          <ol className="grid grid-cols-[minmax(0,1fr)] gap-2.5">
            {setup.steps.map((step, index) => (
              <li key={step.text} className="grid grid-cols-[minmax(0,1fr)] gap-1.5">
                <span className="text-[0.8125rem] text-muted">
                  <span className="nums">{index + 1}.</span> {step.text}
                </span>
                {step.command !== undefined && <CodeLine code={step.command} label={step.text} />}
              </li>
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}
