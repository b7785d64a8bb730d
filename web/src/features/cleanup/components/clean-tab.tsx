import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { CalendarClock, CircleDollarSign, Eraser, Heading, type LucideIcon, MessageSquareDashed } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { StateMessage } from "@/components/ui/state-message";
import { useDebounced } from "@/hooks/use-debounced";

import { previewQuery } from "../api/clean-up";
import { type Conditions, inWords, isChosen, NOTHING } from "../conditions";
import { type CleanupSearch, conditionsOf, searchOf } from "../search-params";

import { ConditionsFields } from "./conditions-fields";
import { FoundSessions } from "./found-sessions";
import { RuleDialog } from "./rule-dialog";

const TYPING_MS = 250;

interface CleanTabProps {
  search: CleanupSearch;
  onSearch: (search: CleanupSearch) => void;
}

/** Chooses by conditions, shows what would go, and has it moved to the trash. */
export function CleanTab({ search, onSearch }: CleanTabProps) {
  const conditions = conditionsOf(search);
  const choose = (chosen: Conditions) => onSearch({ tab: search.tab, ...searchOf(chosen) });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[19rem_minmax(0,1fr)]">
      <section aria-label="Conditions" className="card p-4">
        <ConditionsFields value={conditions} onChange={choose} />
        <div className="mt-5 flex flex-wrap gap-2 border-t border-line pt-4">
          <SaveAsRule conditions={conditions} />
          {isChosen(conditions) && (
            <Button variant="ghost" onClick={() => choose(NOTHING)}>
              Clear
            </Button>
          )}
        </div>
      </section>
      {isChosen(conditions) ? <Found conditions={conditions} /> : <Suggestions onChoose={choose} />}
    </div>
  );
}

function Found({ conditions }: { conditions: Conditions }) {
  // A number is typed figure by figure.
  const settled = useDebounced(conditions, TYPING_MS);
  const preview = useQuery({ ...previewQuery(settled), placeholderData: keepPreviousData });
  const isLate = preview.isPlaceholderData || JSON.stringify(settled) !== JSON.stringify(conditions);
  return <FoundSessions conditions={conditions} preview={preview} isLate={isLate} />;
}

function SaveAsRule({ conditions }: { conditions: Conditions }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setIsOpen(true)} disabled={!isChosen(conditions)}>
        <CalendarClock aria-hidden /> Do this every day…
      </Button>
      {isOpen && <RuleDialog initial={conditions} onClose={() => setIsOpen(false)} />}
    </>
  );
}

const SUGGESTIONS: { icon: LucideIcon; conditions: Conditions }[] = [
  { icon: MessageSquareDashed, conditions: { ...NOTHING, filter: { maxMessages: 3 }, olderThanDays: 7 } },
  { icon: Heading, conditions: { ...NOTHING, filter: { untitled: true }, olderThanDays: 7 } },
  { icon: CircleDollarSign, conditions: { ...NOTHING, filter: { zeroCost: true }, olderThanDays: 30 } },
  { icon: CalendarClock, conditions: { ...NOTHING, olderThanDays: 180 } },
];

function Suggestions({ onChoose }: { onChoose: (conditions: Conditions) => void }) {
  return (
    <StateMessage
      icon={Eraser}
      title="What is not worth keeping?"
      actions={
        <ul className="grid gap-2">
          {SUGGESTIONS.map(({ icon: Icon, conditions }) => (
            <li key={inWords(conditions)} className="grid">
              <Button className="h-auto! min-h-8 justify-start! py-1.5 text-left whitespace-normal!" onClick={() => onChoose(conditions)}>
                <Icon aria-hidden className="text-muted" /> {inWords(conditions)}
              </Button>
            </li>
          ))}
        </ul>
      }
    >
      Choose conditions to see which sessions they mean. Nothing is moved until you say so.
    </StateMessage>
  );
}
