import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";
import { commandKey, type Shortcut } from "@/lib/shortcuts";

interface ShortcutsDialogProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  shortcuts: readonly Shortcut[];
}

/** Keys that single pages listen to; what is pressed, and what it does there. */
const PAGE_KEYS: readonly { page: string; keys: readonly (readonly [readonly string[], string])[] }[] = [
  {
    page: "In the list of sessions",
    keys: [
      [["j", "k"], "Next, previous session"],
      [["x"], "Select it"],
      [["Enter"], "Open it"],
      [["F2"], "Change its title"],
      [["/"], "To the filter"],
    ],
  },
  { page: "In a session", keys: [[[commandKey, "F"], "Find in the session"]] },
  {
    page: "While reviewing for evals",
    keys: [
      [["1", "2", "3", "4"], "Set the verdict"],
      [["n", "p"], "Next, previous session"],
      [["t", "e", "o"], "To tags, expected output, notes"],
    ],
  },
];

export function ShortcutsDialog({ isOpen, onOpenChange, shortcuts }: ShortcutsDialogProps) {
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <dl className="grid gap-1">
        <Row keys={[commandKey, "K"]} label="Search and commands" />
        {shortcuts.map(({ keys, label }) => (
          <Row key={label} keys={keys} label={label} />
        ))}
      </dl>
      {PAGE_KEYS.map(({ page, keys }) => (
        <section key={page} aria-label={page}>
          <h3 className="mb-1 text-xs font-medium text-muted">{page}</h3>
          <dl className="grid gap-1">
            {keys.map(([pressed, label]) => (
              <Row key={label} keys={pressed} label={label} />
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}

function Row({ keys, label }: { keys: readonly string[]; label: string }) {
  return (
    <div className="flex items-center justify-between gap-4 py-1">
      <dt className="text-[0.8125rem]">{label}</dt>
      <dd className="flex gap-1">
        {keys.map((key) => (
          <Kbd key={key}>{key.length === 1 ? key.toUpperCase() : key}</Kbd>
        ))}
      </dd>
    </div>
  );
}
