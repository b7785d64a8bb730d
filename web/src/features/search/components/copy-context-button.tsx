import { useMutation } from "@tanstack/react-query";
import { Check, ClipboardCopy } from "lucide-react";

import { Button } from "@/components/ui/button";
import { messageOf } from "@/lib/errors";

import { getContext } from "../api/get-context";
import { type SearchParams } from "../search-params";

/** Puts the best passages on the clipboard, as a text to hand to an agent. */
export function CopyContextButton({ params }: { params: SearchParams }) {
  const copy = useMutation({
    mutationFn: async () => {
      const context = await getContext(params);
      await navigator.clipboard.writeText(context.text);
      return context;
    },
  });
  return (
    <div className="flex items-center">
      <p role="status" className="text-xs text-muted not-empty:mr-3">
        {copy.isSuccess && `Copied passages of ${copy.data.sessionCount} ${copy.data.sessionCount === 1 ? "session" : "sessions"}`}
        {copy.isError && <span className="text-danger">{messageOf(copy.error)}</span>}
      </p>
      <Button aria-busy={copy.isPending} onClick={() => copy.mutate()} title="The best passages, secrets masked, as a text for an agent">
        {copy.isSuccess ? <Check aria-hidden /> : <ClipboardCopy aria-hidden />} Copy as context
      </Button>
    </div>
  );
}
