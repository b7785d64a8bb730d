import { Bug, CloudOff } from "lucide-react";

import { Button } from "@/components/ui/button";
import { StateMessage } from "@/components/ui/state-message";
import { isLoadFailure } from "@/lib/errors";

/** For errors in our own code; what the server refuses is shown where it was asked for. */
export function CrashPage({ error, reset }: { error: unknown; reset: () => void }) {
  if (isLoadFailure(error)) return <LoadFailure />;
  return (
    <div role="alert">
      <StateMessage
        isPage
        icon={Bug}
        title="This page broke"
        actions={
          <>
            <Button variant="primary" onClick={reset}>
              Try again
            </Button>
            <Button onClick={() => window.location.reload()}>Reload</Button>
          </>
        }
      >
        <p>Your data is safe: this happened in the browser.</p>
        <details className="mt-3 text-left">
          <summary className="text-center text-[0.8125rem] underline underline-offset-2">Technical details</summary>
          <pre className="mt-2 max-h-48 overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap">
            {error instanceof Error ? error.message : String(error)}
          </pre>
        </details>
      </StateMessage>
    </div>
  );
}

/** The browser remembers a script that did not load, so only a fresh start helps. */
function LoadFailure() {
  return (
    <div role="alert">
      <StateMessage
        isPage
        icon={CloudOff}
        title="This page did not load"
        actions={
          <Button variant="primary" onClick={() => window.location.reload()}>
            Reload
          </Button>
        }
      >
        The server did not answer, or it was updated a moment ago. Reload to go on.
      </StateMessage>
    </div>
  );
}
