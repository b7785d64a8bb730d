import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { Download, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Dialog, DialogClose } from "@/components/ui/dialog";
import { InlineError } from "@/components/ui/error-message";
import { Input } from "@/components/ui/field";
import { SegmentedControl } from "@/components/ui/segmented-control";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { useDebounced } from "@/hooks/use-debounced";
import { downloads } from "@/lib/downloads";
import { type ExportSelection } from "@/lib/export-path";
import { formatCount, formatInteger } from "@/lib/format";

import { DEFAULT_OPTIONS, EVAL_FORMATS, type EvalFormat, type EvalOptions, type EvalPreview, evalExportPath, evalPreviewQuery, type TurnMode } from "../api/export-evals";

const FORMATS: Record<EvalFormat, { label: string; about: string }> = {
  deepeval: { label: "DeepEval", about: "One JSON file for EvaluationDataset.add_test_cases_from_json_file." },
  openai: { label: "OpenAI Evals", about: "JSON lines: the conversation as input, the answer or your expected output as ideal." },
  promptfoo: { label: "promptfoo", about: "JSON lines for tests: file://…; rubrics come from expected outputs and approved answers." },
  filesystem: { label: "Folder of texts", about: "A zip with a text file for each session and a manifest." },
  text: { label: "Plain text", about: "One text to read, case by case." },
};

const TURN_MODES: readonly { value: TurnMode; label: string }[] = [
  { value: "per_turn", label: "Each turn" },
  { value: "final", label: "Last turn" },
  { value: "full", label: "Whole session" },
];

type Flag = "anonymize" | "systemPrompts" | "codeOnly";
const FLAGS: readonly { name: Flag; label: string; description: string }[] = [
  { name: "anonymize", label: "Leave out paths and projects", description: "Folders become ~ and [project]." },
  { name: "systemPrompts", label: "Include system prompts", description: "They lead the context of each case." },
  { name: "codeOnly", label: "Only answers with code", description: "Turns whose answer has no block of code are left out." },
];

const MOST = { contextTurns: 1000, minLength: 1_000_000 };

interface ExportDialogProps {
  selection: ExportSelection;
  /** What is exported, in words. */
  scope: string;
}

/** Makes a dataset of sessions and says first what will be in it. */
export function ExportDialog({ selection, scope }: ExportDialogProps) {
  const [isOpen, setOpen] = useState(false);
  const trigger = (
    <Button>
      <Download aria-hidden /> Export
    </Button>
  );
  return (
    <Dialog isOpen={isOpen} onOpenChange={setOpen} trigger={trigger} title="Export a dataset" description={scope} size="lg">
      {isOpen && <ExportForm selection={selection} onDone={() => setOpen(false)} />}
    </Dialog>
  );
}

function ExportForm({ selection, onDone }: { selection: ExportSelection; onDone: () => void }) {
  const [format, setFormat] = useState<EvalFormat>("deepeval");
  const [options, setOptions] = useState(DEFAULT_OPTIONS);
  const [isRaw, setRaw] = useState(false);
  const set = (change: Partial<EvalOptions>) => setOptions((before) => ({ ...before, ...change }));
  const settled = useDebounced(options, 300);
  const preview = useQuery(evalPreviewQuery(selection, settled));
  const isCurrent = settled === options && !preview.isPlaceholderData;
  const isReady = isCurrent && (preview.data?.testCases ?? 0) > 0;
  const isFull = options.turnMode === "full";
  const download = () => {
    void downloads.start(evalExportPath(selection, format, options, isRaw));
    onDone();
  };
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Labelled label="Format" about={FORMATS[format].about}>
          <Select label="Format" value={format} onChange={setFormat} options={EVAL_FORMATS.map((value) => ({ value, label: FORMATS[value].label }))} />
        </Labelled>
        <Labelled label="A case is" about={isFull ? "All questions together, and all answers." : "A question, its answer and the turns before it."}>
          <SegmentedControl label="A case is" options={TURN_MODES} value={options.turnMode} onChange={(turnMode) => set({ turnMode })} />
        </Labelled>
        <NumberField label="Turns of context" value={options.contextTurns} most={MOST.contextTurns} isDisabled={isFull} onChange={(contextTurns) => set({ contextTurns })} />
        <NumberField label="Shortest text, in characters" value={options.minLength} most={MOST.minLength} onChange={(minLength) => set({ minLength })} />
      </div>
      <fieldset className="grid gap-2.5">
        <legend className="sr-only">Options</legend>
        {FLAGS.map(({ name, label, description }) => (
          <Checkbox key={name} checked={options[name]} onChange={(checked) => set({ [name]: checked })} label={label} description={description} />
        ))}
        <Checkbox checked={!isRaw} onChange={(checked) => setRaw(!checked)} label="Mask secrets" description="What looks like a key, a token or a password." />
      </fieldset>
      <div aria-live="polite" className="min-h-16 rounded-lg border border-line bg-sunken px-3 py-2.5">
        {preview.error ? (
          <InlineError error={preview.error} onRetry={() => void preview.refetch()} />
        ) : preview.data ? (
          <Preview preview={preview.data} isStale={!isCurrent} />
        ) : (
          <Skeleton className="h-10" />
        )}
      </div>
      <div className="flex flex-wrap justify-end gap-2">
        <DialogClose />
        <Button variant="primary" disabled={!isReady} onClick={download}>
          <Download aria-hidden /> Download
        </Button>
      </div>
    </>
  );
}

function Preview({ preview, isStale }: { preview: EvalPreview; isStale: boolean }) {
  const { testCases, sessions, byModel, warnings } = preview;
  const models = Object.entries(byModel);
  return (
    <div className={clsx("grid gap-1.5 text-[0.8125rem] transition-opacity", isStale && "opacity-60")}>
      <p className="nums font-medium">
        {formatCount(testCases, "test case")} from {formatCount(sessions, "session")}
      </p>
      {models.length > 0 && (
        <p className="nums truncate text-xs text-muted" title={models.map(([model, count]) => `${model} ${count}`).join(", ")}>
          {models.map(([model, count]) => `${model} ${formatInteger(count)}`).join(" · ")}
        </p>
      )}
      {testCases === 0 && <p className="text-muted">There is nothing to export with these options. Loosen them, or choose other sessions.</p>}
      {warnings.map((warning) => (
        <p key={warning} className="flex items-start gap-1.5 text-xs text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" /> {warning}
        </p>
      ))}
    </div>
  );
}

interface NumberFieldProps {
  label: string;
  value: number;
  most: number;
  isDisabled?: boolean;
  onChange: (value: number) => void;
}

function NumberField({ label, value, most, isDisabled, onChange }: NumberFieldProps) {
  const change = (text: string) => onChange(Math.min(most, Math.max(0, Math.floor(Number(text) || 0))));
  return (
    <label className="grid content-start gap-1.5 text-[0.8125rem] font-medium">
      {label}
      <Input type="number" min={0} max={most} value={value} disabled={isDisabled} onChange={(event) => change(event.target.value)} className="nums" />
    </label>
  );
}

function Labelled({ label, about, children }: { label: string; about: string; children: ReactNode }) {
  return (
    <div className="grid content-start gap-1.5">
      <span aria-hidden className="text-[0.8125rem] font-medium">
        {label}
      </span>
      {children}
      <span className="text-xs text-muted">{about}</span>
    </div>
  );
}
