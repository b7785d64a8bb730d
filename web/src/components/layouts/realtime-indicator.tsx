import clsx from "clsx";

import { useRealtimeStatus } from "@/hooks/use-realtime";

/** Says whether new sessions appear by themselves. */
export function RealtimeIndicator() {
  const isLive = useRealtimeStatus() === "live";
  return (
    <span
      role="status"
      title={isLive ? "New sessions appear by themselves" : "Waiting for the live connection"}
      className="mr-1 flex items-center gap-1.5 px-2 text-xs text-muted md:mr-auto"
    >
      <span aria-hidden className={clsx("size-1.5 rounded-full", isLive ? "bg-accent" : "bg-warn")} />
      {isLive ? "Live" : "Connecting"}
    </span>
  );
}
