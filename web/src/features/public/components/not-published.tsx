import { EyeOff } from "lucide-react";

import { buttonClass } from "@/components/ui/button";
import { StateMessage } from "@/components/ui/state-message";

/** The same for a link that never was and for one taken back: neither tells which. */
export function NotPublished() {
  return (
    <StateMessage
      isPage
      icon={EyeOff}
      title="There is no published session here"
      actions={
        <a href="/" className={buttonClass()}>
          To the dashboard
        </a>
      }
    >
      The link may be incomplete, or the session is no longer public. Ask whoever sent it to you for a new one.
    </StateMessage>
  );
}
