import { type ReactNode, useState } from "react";

import { Section } from "@/components/layouts/page";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Input } from "@/components/ui/field";
import { useMe } from "@/hooks/use-auth-sync";

import { type DeletionScope, useDelete } from "../api/delete-data";

/** Deletion of all there is. The job that does it shows its progress in the frame, on every page. */
export function DangerSection() {
  return (
    <Section title="Delete" description="Neither can be undone. Export what you want to keep first.">
      <ul className="divide-y divide-line">
        <DeleteRow scope="data" title="Delete all synced data" action="Delete data">
          All your sessions, their messages, search entries and vectors. Your account, your keys and your settings stay; a plugin that
          goes on syncing brings new sessions.
        </DeleteRow>
        <DeleteRow scope="account" title="Delete the account" action="Delete account">
          All of that, and your keys and your account here. Your sign-in at the portal stays; using it again starts an empty account.
        </DeleteRow>
      </ul>
    </Section>
  );
}

interface DeleteRowProps {
  scope: DeletionScope;
  title: string;
  action: string;
  children: ReactNode;
}

function DeleteRow({ scope, title, action, children }: DeleteRowProps) {
  const { user } = useMe();
  const [isOpen, setIsOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const remove = useDelete(scope);
  const name = user.autheliaId;

  const onOpenChange = (open: boolean) => {
    remove.reset();
    setTyped("");
    setIsOpen(open);
  };
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-3 py-4 first:pt-0 last:pb-0">
      <div className="min-w-60 flex-1">
        <h3 className="font-medium">{title}</h3>
        <p className="mt-0.5 text-[0.8125rem] text-pretty text-muted">{children}</p>
      </div>
      <ConfirmDialog
        trigger={<Button variant="danger">{action}</Button>}
        title={`${title}?`}
        confirmLabel={action}
        isOpen={isOpen}
        onOpenChange={onOpenChange}
        onConfirm={() => remove.mutate(undefined, { onSuccess: () => setIsOpen(false) })}
        isPending={remove.isPending}
        isDisabled={typed !== name}
        error={remove.error}
      >
        <p>{children}</p>
        <label className="mt-3 block text-[0.8125rem]">
          Type <b className="text-ink">{name}</b> to confirm
          <Input className="mt-1" value={typed} autoComplete="off" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
        </label>
      </ConfirmDialog>
    </li>
  );
}
