import { LockKeyhole } from "lucide-react";

import { Button } from "@/components/ui/button";
import { StateMessage } from "@/components/ui/state-message";
import { auth } from "@/lib/auth";
import { type ApiError } from "@/lib/errors";

import { FullPage } from "./full-page";

export function SignedOutPage({ error }: { error: ApiError }) {
  const isRefused = error.kind !== "signed-out";
  return (
    <FullPage>
      <StateMessage
        isPage
        icon={LockKeyhole}
        title={isRefused ? "You cannot use OpenSync here" : "You are not signed in"}
        actions={
          <>
            {/* Loading the same address anew leads through the sign-in portal and back to this place. */}
            <Button variant="primary" onClick={() => window.location.reload()}>
              Sign in
            </Button>
            <Button onClick={() => void auth.renew()}>Check again</Button>
          </>
        }
      >
        {isRefused ? error.message : "Sign in through your portal; you will come back to this page."}
      </StateMessage>
    </FullPage>
  );
}
