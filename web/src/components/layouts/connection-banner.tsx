import { CloudOff } from "lucide-react";

import { useOfflineSince } from "@/hooks/use-server-state";
import { auth } from "@/lib/auth";
import { formatTime } from "@/lib/format";

export function ConnectionBanner() {
  const since = useOfflineSince();
  if (since === null) return null;
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-warn-soft px-4 py-2 text-[0.8125rem] text-warn">
      <CloudOff aria-hidden className="size-4 shrink-0" />
      <span>
        Reconnecting… The server has not answered since <span className="nums">{formatTime(since)}</span>; what you see may be old.
      </span>
      <button type="button" onClick={() => void auth.renew()} className="font-medium underline underline-offset-2">
        Try now
      </button>
    </div>
  );
}
