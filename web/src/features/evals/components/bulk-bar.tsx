import { X } from "lucide-react";

import { TagsDialog } from "@/components/tags-dialog";
import { Button } from "@/components/ui/button";
import { InlineError } from "@/components/ui/error-message";
import { Menu, MenuItem } from "@/components/ui/menu";
import { formatCount, formatInteger } from "@/lib/format";
import { toasts } from "@/lib/toasts";

import { type BulkChange, useReviewMany } from "../api/review";
import { VERDICTS } from "../search-params";
import { VERDICT_LOOKS } from "../verdicts";

interface BulkBarProps {
  ids: readonly string[];
  onDone: () => void;
}

/** What can be done to all chosen sessions at once. */
export function BulkBar({ ids, onDone }: BulkBarProps) {
  const review = useReviewMany();
  const apply = (set: BulkChange, done: string) =>
    review.mutate(
      { ids, set },
      {
        onSuccess: ({ updated }) => {
          toasts.show(`${done}: ${formatCount(updated, "session")}`);
          onDone();
        },
      },
    );
  return (
    <div className="grid gap-2 px-4 pb-2 md:px-6">
      <div role="toolbar" aria-label="Selected sessions" className="flex flex-wrap items-center gap-2 rounded-lg bg-accent-soft px-3 py-1.5">
        <Button variant="ghost" isIcon aria-label="Select nothing" title="Select nothing" className="-ml-1.5" onClick={onDone}>
          <X aria-hidden />
        </Button>
        <p role="status" className="nums mr-auto text-[0.8125rem] font-medium">
          {formatInteger(ids.length)} selected
        </p>
        <Menu trigger={<Button aria-busy={review.isPending}>Set verdict</Button>}>
          {VERDICTS.map((verdict) => {
            const { label, icon: Icon } = VERDICT_LOOKS[verdict];
            return (
              <MenuItem key={verdict} icon={Icon} onSelect={() => apply({ evalStatus: verdict === "unreviewed" ? null : verdict }, label)}>
                {label}
              </MenuItem>
            );
          })}
        </Menu>
        <TagsDialog of={formatCount(ids.length, "session")} isDisabled={review.isPending} onChange={(change) => apply(change, "Tags changed")}>
          <Button aria-busy={review.isPending}>Tags</Button>
        </TagsDialog>
        <Button aria-busy={review.isPending} onClick={() => apply({ evalReady: false }, "Removed from evals")}>
          Remove from evals
        </Button>
      </div>
      {review.error && <InlineError error={review.error} />}
    </div>
  );
}
