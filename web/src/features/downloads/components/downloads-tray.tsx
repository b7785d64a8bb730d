import { useSyncExternalStore } from "react";

import { RunningItem, RunningWork } from "@/components/ui/running-work";
import { formatBytes } from "@/lib/bytes";
import { downloads } from "@/lib/downloads";

/** Files on their way, at the edge of whatever page is shown. */
export function DownloadsTray() {
  const running = useSyncExternalStore(downloads.subscribe, downloads.getRunning);
  if (running.length === 0) return null;
  return (
    <RunningWork label="Downloads">
      {running.map(({ id, about, received }) => (
        <RunningItem
          key={id}
          label={about === "" ? "Exporting" : `Exporting ${about}`}
          state={received === 0 ? "Waiting" : formatBytes(received)}
          onStop={() => downloads.stop(id)}
        />
      ))}
    </RunningWork>
  );
}
