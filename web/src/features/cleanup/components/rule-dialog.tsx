import { type SyntheticEvent, useId, useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog, DialogClose } from "@/components/ui/dialog";
import { InlineError } from "@/components/ui/error-message";
import { Input } from "@/components/ui/field";
import { toasts } from "@/lib/toasts";

import { type Rule, useAddRule, useChangeRule } from "../api/rules";
import { type Conditions, inWords } from "../conditions";

import { ConditionsFields } from "./conditions-fields";
import { DryRun } from "./dry-run";

const MOST_CHARACTERS = 100;
const USUAL_AGE = 30;

interface RuleDialogProps {
  initial: Conditions;
  /** The one to change; without it, a new one is made. */
  rule?: Rule;
  onClose: () => void;
}

/** Makes a rule, switched off: it is switched on in the list, where it asks once more. Or changes one. */
export function RuleDialog({ initial, rule, onClose }: RuleDialogProps) {
  const id = useId();
  const [conditions, setConditions] = useState<Conditions>({ ...initial, olderThanDays: initial.olderThanDays ?? USUAL_AGE });
  const [name, setName] = useState(rule?.name ?? "");
  const add = useAddRule();
  const change = useChangeRule();
  const { isPending, error } = rule ? change : add;
  const isReady = conditions.olderThanDays !== undefined;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const chosen = name.trim() || inWords(conditions).slice(0, MOST_CHARACTERS);
    const done = (said: string) => ({
      onSuccess: () => {
        toasts.show(said);
        onClose();
      },
    });
    if (rule) change.mutate({ id: rule.id, name: chosen, conditions }, done(`The rule “${chosen}” is changed.`));
    else add.mutate({ name: chosen, conditions, enabled: false }, done(`The rule “${chosen}” is made. Switch it on under Rules.`));
  };
  return (
    <Dialog
      isOpen
      onOpenChange={onClose}
      title={rule ? "Change the rule" : "New rule"}
      description="Cleans up once a day while it is switched on. What was synced or restored within that age, it leaves alone."
      footer={
        <>
          <DialogClose />
          <Button variant="primary" type="submit" form={id} disabled={!isReady || isPending} aria-busy={isPending}>
            {rule ? "Change rule" : "Make rule"}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} className="grid gap-4">
        <div className="text-[0.8125rem]">
          <label htmlFor={`${id}-name`} className="font-medium">
            Name
          </label>
          <Input
            id={`${id}-name`}
            className="mt-1"
            value={name}
            maxLength={MOST_CHARACTERS}
            placeholder={inWords(conditions)}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <ConditionsFields value={conditions} onChange={setConditions} />
        {isReady ? (
          <DryRun conditions={conditions} />
        ) : (
          <p className="text-[0.8125rem] text-warn">A rule must say from what age on, so that it leaves alone what is worked on.</p>
        )}
        {error && <InlineError error={error} />}
      </form>
    </Dialog>
  );
}
