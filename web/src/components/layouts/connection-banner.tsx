import { CloudOff } from "lucide-react";

import { useOutage } from "@/hooks/use-server-state";
import { auth } from "@/lib/auth";
import { formatTime } from "@/lib/format";

export function ConnectionBanner() {
  const outage = useOutage();
  if (outage === null) return null;
  const { since, isOnlyDatabase } = outage;
  return (
    <div role="alert" className="flex gap-3 border-b border-line bg-warn-soft px-4 py-2 text-[0.8125rem] text-warn">
      <CloudOff aria-hidden className="mt-0.5 size-4 shrink-0" />
      <p>
        Reconnecting… The {isOnlyDatabase ? "database" : "server"} has not answered since <span className="nums">{formatTime(since)}</span>; what you see may
        be old.{isOnlyDatabase && " What agents send is kept meanwhile, as far as there is room."}{" "}
        <button type="button" onClick={() => void auth.renew()} className="font-medium whitespace-nowrap underline underline-offset-2">
          Try now
        </button>
      </p>
    </div>
  );
}
