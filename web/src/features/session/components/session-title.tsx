import { Globe, Pencil } from "lucide-react";
import { type KeyboardEvent, type SyntheticEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { type Session } from "@/hooks/use-session";
import { plainText, sessionTitle } from "@/lib/text";

import { useUpdateSession } from "../api/update-session";

const LONGEST = 1_000;

/** The title; its owner can give the session another. */
export function SessionTitle({ session }: { session: Session }) {
  const [isEdited, setIsEdited] = useState(false);
  if (isEdited) return <TitleForm session={session} onClose={() => setIsEdited(false)} />;
  return (
    <div className="group mt-0.5 flex items-start gap-1">
      <h1 dir="auto" className="line-clamp-2 min-w-0 text-lg leading-snug font-semibold tracking-tight break-words [unicode-bidi:isolate]">
        {sessionTitle(session.title)}
        {session.isPublic && <Globe role="img" aria-label="Public" className="ml-2 inline size-4 text-muted" />}
      </h1>
      <Button
        variant="ghost"
        isIcon
        aria-label="Rename"
        title="Rename"
        onClick={() => setIsEdited(true)}
        className="-my-0.5 opacity-0 group-hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
      >
        <Pencil aria-hidden />
      </Button>
    </div>
  );
}

function TitleForm({ session, onClose }: { session: Session; onClose: () => void }) {
  const [title, setTitle] = useState(plainText(session.title));
  const update = useUpdateSession(session.id);

  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === session.title) onClose();
    else update.mutate({ title: wanted, titleEdited: wanted !== "" }, { onSuccess: onClose });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onClose();
  };

  return (
    <form onSubmit={onSubmit} className="mt-2 flex flex-wrap items-center gap-2">
      <h1 className="sr-only">{sessionTitle(session.title)}</h1>
      <Input
        // It appears where the reader has just asked for it.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        onKeyDown={onKeyDown}
        onFocus={(event) => event.target.select()}
        maxLength={LONGEST}
        dir="auto"
        aria-label="Title"
        aria-describedby="title-hint"
        className="min-w-48 flex-1"
      />
      <Button type="submit" variant="primary" disabled={update.isPending} aria-busy={update.isPending}>
        Save
      </Button>
      <Button onClick={onClose}>Cancel</Button>
      <p id="title-hint" className="basis-full text-xs text-muted">
        Your title stays when the agent sends another. Leave it empty to take the agent&rsquo;s next one.
      </p>
    </form>
  );
}
