import { RotateCw, TriangleAlert } from "lucide-react";
import { type ReactNode } from "react";

import { messageOf } from "@/lib/errors";

import { Button } from "./button";
import { StateMessage } from "./state-message";

interface ErrorMessageProps {
  title: string;
  error: unknown;
  onRetry?: () => void;
  /** Another way on, beside trying again. */
  action?: ReactNode;
  /** It is the whole page, not a part of one. */
  isPage?: boolean;
}

export function ErrorMessage({ title, error, onRetry, action, isPage }: ErrorMessageProps) {
  return (
    <div role="alert">
      <StateMessage
        icon={TriangleAlert}
        title={title}
        isPage={isPage}
        actions={
          (onRetry ?? action) && (
            <>
              {onRetry && (
                <Button onClick={onRetry}>
                  <RotateCw aria-hidden /> Try again
                </Button>
              )}
              {action}
            </>
          )
        }
      >
        {messageOf(error)}
      </StateMessage>
    </div>
  );
}

/** The same in one line, for a card whose other parts still work. */
export function InlineError({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <p role="alert" className="flex flex-wrap items-center gap-x-2 gap-y-1 rounded-lg bg-danger-soft px-3 py-2 text-[0.8125rem] text-danger">
      {messageOf(error)}
      {onRetry && (
        <button type="button" onClick={onRetry} className="font-medium underline underline-offset-2">
          Try again
        </button>
      )}
    </p>
  );
}
