import { type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, DialogClose } from "@/components/ui/dialog";
import { Input } from "@/components/ui/field";
import { tagsOf } from "@/lib/tags";

/** `addTags` and `removeTags` of POST /api/sessions/update. */
interface TagsChange {
  addTags?: string[];
  removeTags?: string[];
}

interface TagsDialogProps {
  /** Whose tags, in words. */
  of: string;
  onChange: (change: TagsChange) => void;
  isDisabled: boolean;
  /** The button that opens it. */
  children: ReactNode;
}

/** Adds tags to sessions, and takes tags away, without showing which they have. */
export function TagsDialog({ of, onChange, isDisabled, children }: TagsDialogProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={setIsOpen}
      trigger={children}
      title={`Tags of ${of}`}
      description="Put commas between several. Tags that are not named stay as they are."
    >
      <TagsForm
        isDisabled={isDisabled}
        onSubmit={(change) => {
          setIsOpen(false);
          onChange(change);
        }}
      />
    </Dialog>
  );
}

function TagsForm({ onSubmit, isDisabled }: { onSubmit: (change: TagsChange) => void; isDisabled: boolean }) {
  const [add, setAdd] = useState("");
  const [remove, setRemove] = useState("");
  const addTags = tagsOf(add);
  const removeTags = tagsOf(remove);
  const isEmpty = addTags.length + removeTags.length === 0;
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isEmpty) return;
        onSubmit({ ...(addTags.length > 0 && { addTags }), ...(removeTags.length > 0 && { removeTags }) });
      }}
    >
      <div className="grid gap-1">
        <label htmlFor="tags-to-add" className="text-[0.8125rem] font-medium">
          Add
        </label>
        <Input id="tags-to-add" value={add} onChange={(event) => setAdd(event.target.value)} placeholder="regression, ui" />
      </div>
      <div className="grid gap-1">
        <label htmlFor="tags-to-remove" className="text-[0.8125rem] font-medium">
          Remove
        </label>
        <Input id="tags-to-remove" value={remove} onChange={(event) => setRemove(event.target.value)} placeholder="draft" />
      </div>
      <div className="mt-2 flex justify-end gap-2">
        <DialogClose />
        <Button type="submit" variant="primary" disabled={isEmpty || isDisabled}>
          Change tags
        </Button>
      </div>
    </form>
  );
}
