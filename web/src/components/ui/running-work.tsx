import { X } from "lucide-react";
import { type ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { Progress } from "@/components/ui/progress";

/** A card at the edge of the page about work that goes on meanwhile. */
export function RunningWork({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section
      aria-label={label}
      className="appear pointer-events-auto grid w-80 max-w-full gap-3 rounded-xl border border-line bg-surface p-3 shadow-xl"
    >
      {children}
    </section>
  );
}

interface RunningItemProps {
  label: string;
  /** How far it is, in words. */
  state: string;
  value?: number;
  /** Absent while the whole is not known. */
  max?: number;
  onStop: () => void;
  isStopping?: boolean;
  children?: ReactNode;
}

export function RunningItem({ label, state, value = 0, max, onStop, isStopping = false, children }: RunningItemProps) {
  return (
    <div className="grid gap-2">
      <div className="flex items-center gap-2 text-[0.8125rem]">
        <span className="min-w-0 flex-1 truncate font-medium">{label}…</span>
        <span className="nums text-xs text-muted">{state}</span>
        <Button variant="ghost" isIcon className="-my-1 -mr-1" aria-label={`Stop: ${label}`} title="Stop" disabled={isStopping} onClick={onStop}>
          <X aria-hidden />
        </Button>
      </div>
      <Progress label={label} value={value} max={max} />
      {children}
    </div>
  );
}
