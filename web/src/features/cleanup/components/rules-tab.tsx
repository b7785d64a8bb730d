import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { CalendarClock, Pencil, Plus, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { ErrorMessage, InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { StateMessage } from "@/components/ui/state-message";
import { Switch } from "@/components/ui/switch";
import { useNow } from "@/hooks/use-now";
import { formatCount, formatDateTime, formatRelative } from "@/lib/format";

import { type Rule, rulesQuery, useChangeRule, useDeleteRule } from "../api/rules";
import { EXEMPTION_LABELS, inWords, NOTHING } from "../conditions";
import { useTrashWords } from "../use-trash-words";

import { ActionDialog } from "./action-dialog";
import { DryRun } from "./dry-run";
import { RuleDialog } from "./rule-dialog";
import { RuleRuns } from "./rule-runs";

const orList = new Intl.ListFormat("en", { type: "disjunction" });

interface RulesTabProps {
  /** Of what rules removed. */
  page: number;
  onPage: (page: number) => void;
}

/** What is cleaned away every day without being asked, and what was. */
export function RulesTab({ page, onPage }: RulesTabProps) {
  const rules = useQuery(rulesQuery);
  const [isNew, setIsNew] = useState(false);
  const add = (
    <Button onClick={() => setIsNew(true)}>
      <Plus aria-hidden /> New rule…
    </Button>
  );
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <RuleList rules={rules} add={add} />
      <RuleRuns page={page} onPage={onPage} />
      {isNew && <RuleDialog initial={NOTHING} onClose={() => setIsNew(false)} />}
    </div>
  );
}

interface RuleListProps {
  rules: UseQueryResult<Rule[]>;
  add: ReactNode;
}

function RuleList({ rules: { data, error, refetch }, add }: RuleListProps) {
  if (error && !data) return <ErrorMessage title="The rules did not load" error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-48" />;
  if (data.length === 0) {
    return (
      <StateMessage icon={CalendarClock} title="No rules" actions={add}>
        A rule cleans up once a day. What it takes is in the trash first, with the rule&rsquo;s name.
      </StateMessage>
    );
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-[0.8125rem] text-muted">A rule that is on runs once a day.</p>
        {add}
      </div>
      <ul className="card divide-y divide-line">
        {data.map((rule) => (
          <RuleRow key={rule.id} rule={rule} />
        ))}
      </ul>
    </div>
  );
}

function RuleRow({ rule }: { rule: Rule }) {
  const now = useNow();
  const [isTried, setIsTried] = useState(false);
  const [isEdited, setIsEdited] = useState(false);
  const change = useChangeRule();
  const remove = useDeleteRule();
  const spared = rule.conditions.spare.map((name) => EXEMPTION_LABELS[name].toLowerCase());
  return (
    <li className="grid gap-2.5 p-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-56 flex-1">
          <h2 className="truncate font-medium">{rule.name}</h2>
          <p className="text-[0.8125rem] text-muted">
            {inWords(rule.conditions)}.{spared.length > 0 && ` Never takes ${orList.format(spared)}.`}
          </p>
          <p className="nums mt-0.5 text-xs text-muted">
            {rule.lastRunAt === 0 ? (
              "Has not run yet"
            ) : (
              <>
                Last run: <time title={formatDateTime(rule.lastRunAt)}>{formatRelative(rule.lastRunAt, now)}</time>, found {formatCount(rule.lastCount, "session")}
              </>
            )}
          </p>
        </div>
        <div className="flex items-center gap-2 max-sm:-ml-3">
          <Button variant="ghost" aria-expanded={isTried} onClick={() => setIsTried(!isTried)}>
            Dry run
          </Button>
          <Button variant="ghost" isIcon aria-label={`Change the rule ${rule.name}`} title="Change" onClick={() => setIsEdited(true)}>
            <Pencil aria-hidden />
          </Button>
          <ActionDialog
            trigger={
              <Button variant="ghost" isIcon aria-label={`Delete the rule ${rule.name}`} title="Delete">
                <Trash2 aria-hidden />
              </Button>
            }
            title={`Delete the rule “${rule.name}”?`}
            confirmLabel="Delete rule"
            mutation={remove}
            variables={rule.id}
          >
            <p>It will not run again. What it took stays in the trash.</p>
          </ActionDialog>
          <RuleSwitch rule={rule} change={change} />
        </div>
      </div>
      {isTried && <DryRun conditions={rule.conditions} />}
      {change.error && <InlineError error={change.error} />}
      {isEdited && <RuleDialog rule={rule} initial={rule.conditions} onClose={() => setIsEdited(false)} />}
    </li>
  );
}

/** Switching on runs the rule at once, so it asks; switching off does not. */
function RuleSwitch({ rule, change }: { rule: Rule; change: ReturnType<typeof useChangeRule> }) {
  const [isAsking, setIsAsking] = useState(false);
  const trash = useTrashWords();
  const label = <span className="sr-only">{`${rule.name} is on`}</span>;
  return (
    <>
      <Switch
        label={label}
        checked={rule.enabled}
        disabled={change.isPending}
        onChange={(on) => {
          if (on) setIsAsking(true);
          else change.mutate({ id: rule.id, enabled: false });
        }}
      />
      {isAsking && (
        <ActionDialog
          title={`Switch on “${rule.name}”?`}
          confirmLabel="Switch on"
          tone="primary"
          mutation={change}
          variables={{ id: rule.id, enabled: true }}
          onClose={() => setIsAsking(false)}
        >
          <p className="mb-2">It runs now and then once a day. {trash.whatHappens}</p>
          <DryRun conditions={rule.conditions} />
        </ActionDialog>
      )}
    </>
  );
}
