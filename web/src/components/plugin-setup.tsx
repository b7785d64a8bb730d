import { useState } from "react";

import { CodeLine } from "@/components/ui/code-line";
import { SourceBadge } from "@/components/ui/source-badge";
import { TabPanel, Tabs } from "@/components/ui/tabs";
import { pluginSetups } from "@/lib/plugins";

/** How to connect each agent to this server. */
export function PluginSetup({ apiKey }: { apiKey?: string }) {
  const setups = pluginSetups(apiKey);
  const [chosen, setChosen] = useState(setups[0]?.id ?? "");
  return (
    <Tabs label="Agents" items={setups.map(({ id }) => ({ value: id, label: <SourceBadge source={id} /> }))} value={chosen} onChange={setChosen}>
      {setups.map((setup) => (
        <TabPanel key={setup.id} value={setup.id}>
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
        </TabPanel>
      ))}
    </Tabs>
  );
}
