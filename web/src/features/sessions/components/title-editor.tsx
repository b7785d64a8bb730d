import { type KeyboardEvent, useEffect, useRef, useState } from "react";

import { Input } from "@/components/ui/field";
import { messageOf } from "@/lib/errors";
import { plainText } from "@/lib/text";
import { toasts } from "@/lib/toasts";
import { type SessionRow } from "@/types/records";

import { useRenameSession } from "../api/rename-session";

const MAX_TITLE = 1000;

/** The title as a field: Enter keeps what stands there, Escape or leaving it does not. */
export function TitleEditor({ session, onDone }: { session: Pick<SessionRow, "id" | "title">; onDone: () => void }) {
  const [title, setTitle] = useState(plainText(session.title));
  const rename = useRenameSession();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);

  const save = () => {
    if (title.trim() === plainText(session.title).trim()) {
      onDone();
      return;
    }
    rename.mutate(
      { id: session.id, title: title.trim() },
      { onSuccess: onDone, onError: (error) => toasts.show(`The title was not saved. ${messageOf(error)}`, { tone: "danger" }) },
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // The keys of the list are not meant here.
    event.stopPropagation();
    if (event.key === "Enter" && !event.nativeEvent.isComposing) save();
    if (event.key === "Escape") onDone();
  };
  return (
    <Input
      ref={input}
      aria-label={`Title of ${session.title || "the untitled session"}`}
      aria-invalid={rename.isError}
      placeholder="Left empty, the agent names it again"
      className="relative z-10 h-7!"
      maxLength={MAX_TITLE}
      value={title}
      readOnly={rename.isPending}
      aria-busy={rename.isPending}
      onChange={(event) => setTitle(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={() => {
        if (!rename.isPending && !rename.isError) onDone();
      }}
    />
  );
}
