import { CloudOff } from "lucide-react";

import { auth } from "@/lib/auth";

export function ConnectionBanner() {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-warn-soft px-4 py-2 text-[0.8125rem] text-warn">
      <CloudOff aria-hidden className="size-4" />
      The server cannot be reached; what you see may be old. Trying again by itself.
      <button type="button" onClick={() => void auth.renew()} className="font-medium underline underline-offset-2">
        Try now
      </button>
    </div>
  );
}
