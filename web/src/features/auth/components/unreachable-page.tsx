import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";

import { Button } from "@/components/ui/button";
import { StateMessage } from "@/components/ui/state-message";
import { auth } from "@/lib/auth";
import { type ApiError } from "@/lib/errors";

import { FullPage } from "./full-page";

export function UnreachablePage({ error, retryAt }: { error: ApiError; retryAt: number }) {
  const seconds = useSecondsUntil(retryAt);
  return (
    <FullPage>
      <StateMessage
        isPage
        icon={CloudOff}
        title="The server is not answering"
        actions={
          <Button variant="primary" onClick={() => void auth.renew()}>
            Try now
          </Button>
        }
      >
        <p role="alert">{error.message}</p>
        <p className="nums mt-2 text-[0.8125rem]">{seconds > 0 ? `Next try in ${seconds} s` : "Trying…"}</p>
      </StateMessage>
    </FullPage>
  );
}

function useSecondsUntil(at: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((at - now) / 1000));
}
