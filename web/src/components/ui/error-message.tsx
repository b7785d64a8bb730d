import { RotateCw, TriangleAlert } from "lucide-react";

import { messageOf } from "@/lib/errors";

import { Button } from "./button";
import { StateMessage } from "./state-message";

interface ErrorMessageProps {
  title: string;
  error: unknown;
  onRetry?: () => void;
}

export function ErrorMessage({ title, error, onRetry }: ErrorMessageProps) {
  return (
    <div role="alert">
      <StateMessage
        icon={TriangleAlert}
        title={title}
        actions={
          onRetry && (
            <Button onClick={onRetry}>
              <RotateCw aria-hidden /> Try again
            </Button>
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
