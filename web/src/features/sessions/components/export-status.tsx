import { Button } from "@/components/ui/button";
import { InlineError } from "@/components/ui/error-message";
import { Progress } from "@/components/ui/progress";
import { formatInteger } from "@/lib/format";

import { type useExport } from "../use-export";

/** How far the file is that is being made. */
export function ExportStatus({ progress, error, cancel, dismiss }: Pick<ReturnType<typeof useExport>, "progress" | "error" | "cancel" | "dismiss">) {
  if (error) {
    return (
      <div className="grid grid-cols-[1fr_auto] items-center gap-2">
        <InlineError error={error} />
        <Button onClick={dismiss}>Dismiss</Button>
      </div>
    );
  }
  if (!progress) return null;
  return (
    <div className="card flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5 text-[0.8125rem]">
      <p className="nums">
        Reading {formatInteger(progress.done)} of {formatInteger(progress.total)}
      </p>
      <Progress label="Export" value={progress.done} max={progress.total} className="min-w-32 flex-1" />
      <Button variant="ghost" onClick={cancel}>
        Cancel
      </Button>
    </div>
  );
}
