import { Spinner } from "@/components/ui/spinner";

import { FullPage } from "./full-page";

export function LoadingPage() {
  return (
    <FullPage>
      <Spinner label="Signing in…" />
    </FullPage>
  );
}
