import clsx from "clsx";

import { useServerState } from "@/hooks/use-server-state";

const states = {
  live: { label: "Live", title: "New sessions appear by themselves", color: "bg-accent" },
  polling: { label: "Polling", title: "Live updates are blocked on the way; the page asks every few seconds instead", color: "bg-warn" },
  connecting: { label: "Connecting", title: "Waiting for the live connection", color: "bg-warn" },
  reconnecting: { label: "Reconnecting", title: "The live connection broke off; it comes back by itself", color: "bg-warn" },
  idle: { label: "Connecting", title: "Waiting for the live connection", color: "bg-warn" },
  offline: { label: "Offline", title: "The server does not answer", color: "bg-danger" },
};

/** Says whether new sessions appear by themselves. */
export function RealtimeIndicator() {
  const state = useServerState();
  const { label, title, color } = states[state];
  return (
    <span
      role="status"
      title={title}
      className={clsx("flex items-center gap-1.5 px-2 text-xs text-muted md:mr-auto", state === "live" && "max-md:sr-only")}
    >
      <span aria-hidden className={clsx("size-1.5 rounded-full", color)} />
      {label}
    </span>
  );
}
