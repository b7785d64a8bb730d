import clsx from "clsx";
import { Bot } from "lucide-react";
import { type ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { Menu, MenuRadioGroup } from "@/components/ui/menu";
import { SourceBadge } from "@/components/ui/source-badge";
import { type SourceFilter } from "@/hooks/use-source-filter";
import { sourceOf } from "@/lib/sources";

/** With one agent there is nothing to tell apart. */
const isUseful = ({ options, sources }: SourceFilter) => options.length > 1 || sources.length > 0;

/** The agents in the side bar; one press narrows overview, sessions and search to one of them. */
export function SourceLinks({ filter }: { filter: SourceFilter }) {
  if (!isUseful(filter)) return null;
  const { options, sources, setSource } = filter;
  return (
    <div role="group" aria-labelledby="agents-heading" className="mt-5">
      <h2 id="agents-heading" className="px-2 pb-1 text-2xs font-medium text-muted">
        Agents
      </h2>
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
        <li>
          <SourceButton isChosen={sources.length === 0} onPress={() => setSource(undefined)}>
            All agents
          </SourceButton>
        </li>
        {options.map((id) => (
          <li key={id}>
            <SourceButton isChosen={sources.includes(id)} onPress={() => setSource(id)}>
              <SourceBadge source={id} />
            </SourceButton>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface SourceButtonProps {
  isChosen: boolean;
  onPress: () => void;
  children: ReactNode;
}

function SourceButton({ isChosen, onPress, children }: SourceButtonProps) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onPress}
      className={clsx(
        "flex h-7 w-full items-center rounded-lg px-2 text-xs transition-colors hover:text-ink pointer-coarse:h-10",
        isChosen ? "bg-hover font-medium text-ink" : "text-muted hover:bg-hover/60",
      )}
    >
      {children}
    </button>
  );
}

const ALL = "";

/** The same on phones, on the pages that it acts on. */
export function SourceMenu({ filter }: { filter: SourceFilter }) {
  if (!filter.isFilteredPage || !isUseful(filter)) return null;
  const { options, sources, setSource } = filter;
  const chosen = sources.length === 1 ? sources[0] : undefined;
  const label = chosen !== undefined ? sourceOf(chosen).label : sources.length > 1 ? `${sources.length} agents` : "All agents";
  return (
    <Menu
      trigger={
        <Button variant="ghost" isIcon={sources.length === 0} className="min-w-0 md:hidden" aria-label={`Agent: ${label}`}>
          {chosen === undefined ? <Bot aria-hidden /> : <SourceBadge source={chosen} className="max-w-24" />}
          {sources.length > 1 && sources.length}
        </Button>
      }
    >
      <MenuRadioGroup
        label="Agent"
        value={chosen ?? (sources.length === 0 ? ALL : "several")}
        onChange={(id) => setSource(id === ALL ? undefined : id)}
        options={[{ value: ALL, label: "All agents" }, ...options.map((id) => ({ value: id, label: sourceOf(id).label }))]}
      />
    </Menu>
  );
}
