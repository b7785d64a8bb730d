import { CopyButton } from "./copy-button";

/** A command to copy; long ones wrap, so that nothing of them is hidden. */
export function CodeLine({ code, label }: { code: string; label: string }) {
  return (
    <div className="flex items-start gap-1 rounded-lg border border-line bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 py-1.5 font-mono text-xs leading-relaxed wrap-anywhere">{code}</code>
      <CopyButton text={code} label={label} />
    </div>
  );
}
