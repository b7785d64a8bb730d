import clsx from "clsx";
import { type RefObject, useEffect, useEffectEvent, useState } from "react";

import { Kbd } from "@/components/ui/kbd";
import { Pill } from "@/components/ui/pill";
import { type EvalStatus } from "@/lib/session-filter";
import { tagsOf } from "@/lib/tags";

import { type Review, type useSaveReview } from "../api/review";
import { VERDICT_LOOKS, VERDICT_KEYS } from "../verdicts";

interface ReviewFormProps {
  stored: Review;
  /** With what is on its way to be stored. */
  shown: Review;
  save: ReturnType<typeof useSaveReview>;
  fields: ReviewFields;
  knownTags: readonly string[];
}

/** The fields that keys lead to. */
export interface ReviewFields {
  tags: RefObject<HTMLInputElement | null>;
  expected: RefObject<HTMLTextAreaElement | null>;
  notes: RefObject<HTMLTextAreaElement | null>;
}

export function ReviewForm({ stored, shown, save, fields, knownTags }: ReviewFormProps) {
  const change = (part: Partial<Review>) => save.mutate(part);
  return (
    <div className="grid gap-4">
      <VerdictButtons status={shown.evalStatus} onChange={(evalStatus) => change({ evalStatus })} />
      <TagField tags={shown.evalTags} input={fields.tags} known={knownTags} onChange={(evalTags) => change({ evalTags })} />
      <TextField
        label="Expected output"
        hint="What a good answer would have been; exports use it as the reference."
        shortcut="e"
        field={fields.expected}
        stored={stored.expectedOutput}
        shown={shown.expectedOutput}
        onSave={(expectedOutput) => change({ expectedOutput })}
      />
      <TextField label="Notes" shortcut="o" field={fields.notes} stored={stored.evalNotes} shown={shown.evalNotes} onSave={(evalNotes) => change({ evalNotes })} />
      <p role="status" className="min-h-5 text-xs text-muted">
        {save.isPending ? "Saving…" : save.isSuccess ? "Saved" : ""}
      </p>
    </div>
  );
}

interface VerdictButtonsProps {
  status: EvalStatus | "";
  onChange: (status: EvalStatus | "") => void;
}

function VerdictButtons({ status, onChange }: VerdictButtonsProps) {
  return (
    <div role="group" aria-label="Verdict" className="grid grid-cols-2 gap-2">
      {Object.entries(VERDICT_KEYS).map(([key, verdict]) => {
        const { label, icon: Icon } = VERDICT_LOOKS[verdict];
        const isChosen = status === verdict;
        return (
          <button
            key={verdict}
            type="button"
            aria-pressed={isChosen}
            // Choosing it again takes it back.
            onClick={() => onChange(isChosen ? "" : verdict)}
            className={clsx(
              "flex h-9 items-center gap-1.5 rounded-lg border px-2 text-[0.8125rem] font-medium pointer-coarse:h-11",
              isChosen ? "border-accent bg-accent-soft text-accent-strong" : "border-line bg-surface hover:bg-hover",
            )}
          >
            <Icon aria-hidden className="size-4" />
            <span className="flex-1 text-left whitespace-nowrap">{label}</span>
            <Kbd>{key}</Kbd>
          </button>
        );
      })}
    </div>
  );
}

interface TagFieldProps {
  tags: readonly string[];
  known: readonly string[];
  input: RefObject<HTMLInputElement | null>;
  onChange: (tags: string[]) => void;
}

const LIST_ID = "known-tags";

function TagField({ tags, known, input, onChange }: TagFieldProps) {
  const [text, setText] = useState("");
  const add = () => {
    const added = tagsOf(text).filter((tag) => !tags.includes(tag));
    if (added.length > 0) onChange([...tags, ...added]);
    setText("");
  };
  return (
    <div className="grid gap-1.5">
      <label className="flex items-center justify-between text-xs font-medium text-muted" htmlFor="review-tags">
        Tags <Kbd>t</Kbd>
      </label>
      {tags.length > 0 && (
        <div className="flex flex-wrap gap-1.5">
          {tags.map((tag) => (
            <Pill key={tag} removeLabel={`Remove the tag ${tag}`} onRemove={() => onChange(tags.filter((other) => other !== tag))}>
              {tag}
            </Pill>
          ))}
        </div>
      )}
      <input
        ref={input}
        id="review-tags"
        list={LIST_ID}
        value={text}
        placeholder="Add tags, then Enter"
        autoComplete="off"
        className={fieldClass}
        onChange={(event) => setText(event.target.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            add();
          } else if (event.key === "Escape") {
            setText("");
            event.currentTarget.blur();
          }
        }}
      />
      <datalist id={LIST_ID}>
        {known.filter((tag) => !tags.includes(tag)).map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </div>
  );
}

const fieldClass =
  "w-full rounded-lg border border-line-strong/70 bg-surface px-2.5 py-1.5 text-[0.8125rem] placeholder:text-muted hover:border-line-strong pointer-coarse:text-base";

interface TextFieldProps {
  label: string;
  hint?: string;
  shortcut: string;
  field: RefObject<HTMLTextAreaElement | null>;
  stored: string;
  shown: string;
  onSave: (text: string) => void;
}

/**
 * Saved when it is left, and when the session is: nothing typed is lost by stepping on. What is typed
 * stays until it is stored, whatever is changed elsewhere and however often saving fails.
 */
function TextField({ label, hint, shortcut, field, stored, shown, onSave }: TextFieldProps) {
  const [typed, setTyped] = useState<string>();
  if (typed === stored) setTyped(undefined);
  const save = () => {
    if (typed !== undefined) onSave(typed);
  };
  const flush = useEffectEvent(save);
  useEffect(() => () => flush(), []);

  const id = `review-${shortcut}`;
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="flex items-center justify-between text-xs font-medium text-muted">
        {label} <Kbd>{shortcut}</Kbd>
      </label>
      {hint && <p className="text-xs text-muted">{hint}</p>}
      <textarea
        ref={field}
        id={id}
        dir="auto"
        rows={4}
        value={typed ?? shown}
        className={fieldClass}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
    </div>
  );
}
