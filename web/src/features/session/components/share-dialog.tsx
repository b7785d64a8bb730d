import { Globe } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog, DialogClose } from "@/components/ui/dialog";
import { InlineError } from "@/components/ui/error-message";
import { Input } from "@/components/ui/field";
import { type Session } from "@/hooks/use-session";
import { formatInteger } from "@/lib/format";
import { origin } from "@/lib/origin";

import { usePublish, useUnpublish } from "../api/share-session";
import { type Include, includeOf } from "../include";

interface ShareDialogProps {
  session: Session;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

const choices: readonly { name: keyof Include; label: string; description: string }[] = [
  { name: "paths", label: "Project and paths", description: "The project’s name and the folders of your machine that occur in the texts." },
  { name: "cost", label: "Cost", description: "What the session cost." },
  { name: "notes", label: "Notes", description: "What you noted about it for evals." },
];

/** Says what others will see before anything becomes visible, and takes it back. */
export function ShareDialog({ session, isOpen, onOpenChange }: ShareDialogProps) {
  const agreed = includeOf(session.publicInclude);
  const [include, setInclude] = useState(agreed);
  const publish = usePublish(session.id);
  const unpublish = useUnpublish(session.id);
  const isPending = publish.isPending || unpublish.isPending;
  const isChanged = choices.some(({ name }) => include[name] !== agreed[name]);
  const error = publish.error ?? unpublish.error;

  return (
    <Dialog
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      title={session.isPublic ? "This session is public" : "Publish this session?"}
      description={
        session.isPublic
          ? "Whoever has the link reads it without signing in."
          : "Whoever gets the link will read it without signing in. The link cannot be guessed and search engines are asked to stay away."
      }
      footer={
        session.isPublic ? (
          <>
            <Button variant="danger" disabled={isPending} onClick={() => unpublish.mutate(undefined)} className="mr-auto">
              Make private
            </Button>
            <DialogClose>Close</DialogClose>
            <Button variant="primary" disabled={isPending || !isChanged} aria-busy={publish.isPending} onClick={() => publish.mutate(include)}>
              Save
            </Button>
          </>
        ) : (
          <>
            <DialogClose />
            <Button variant="primary" disabled={isPending} aria-busy={publish.isPending} onClick={() => publish.mutate(include)}>
              <Globe aria-hidden /> Publish
            </Button>
          </>
        )
      }
    >
      {session.isPublic && session.publicSlug !== "" && <PublicLink url={`${origin}/s/${session.publicSlug}`} />}
      <div>
        <h3 className="text-[0.8125rem] font-semibold">Visible to everybody with the link</h3>
        <ul className="mt-1.5 list-disc pl-5 text-[0.8125rem] text-muted">
          <li>the title, the agent, the model, tokens, times</li>
          <li>
            every message ({formatInteger(session.messageCount)} so far, and those still to come): questions, answers, tool calls with their output,
            pictures
          </li>
        </ul>
        <p className="mt-1.5 text-[0.8125rem] text-muted">What looks like a key, a token or a password is masked. The agent’s thinking is left out. Masking knows common shapes only: read the session for other secrets, names and addresses first.</p>
      </div>
      <fieldset>
        <legend className="text-[0.8125rem] font-semibold">Also show</legend>
        <div className="mt-2 grid gap-2.5">
          {choices.map(({ name, label, description }) => (
            <Checkbox
              key={name}
              checked={include[name]}
              onChange={(isChecked) => setInclude((before) => ({ ...before, [name]: isChecked }))}
              label={label}
              description={description}
            />
          ))}
        </div>
      </fieldset>
      {session.isPublic && <p className="text-xs text-muted">Made private, the link stops working at once; publishing again makes a new one.</p>}
      {error && <InlineError error={error} />}
    </Dialog>
  );
}

function PublicLink({ url }: { url: string }) {
  return (
    <div className="flex items-center gap-2">
      <Input readOnly value={url} aria-label="Public link" onFocus={(event) => event.target.select()} className="font-mono text-xs!" />
      <CopyButton text={url} label="the public link" variant="primary" showLabel />
    </div>
  );
}
