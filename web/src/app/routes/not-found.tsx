import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";

import { buttonClass } from "@/components/ui/button";
import { StateMessage } from "@/components/ui/state-message";
import { useDocumentTitle } from "@/hooks/use-document-title";

export function NotFound() {
  useDocumentTitle("Not found");
  return (
    <div className="grid h-full place-items-center">
      <StateMessage
        isPage
        icon={Compass}
        title="There is no such page"
        actions={
          <Link to="/" className={buttonClass("primary")}>
            Go to the overview
          </Link>
        }
      >
        The address may be mistyped, or the page may have moved.
      </StateMessage>
    </div>
  );
}
