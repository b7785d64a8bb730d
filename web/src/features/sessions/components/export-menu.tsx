import { Braces, Download, FileCode, FileText, List, Sheet } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { downloads } from "@/lib/downloads";
import { type ExportSelection, exportPath } from "@/lib/export-path";

// The server makes all of them while they are sent, so their size does not matter.
const LISTS = [
  { format: "list-csv", label: "Table (CSV)", icon: Sheet },
  { format: "list-json", label: "JSON", icon: Braces },
] as const;

const FILES = [
  { format: "markdown", label: "Markdown", icon: FileText },
  { format: "html", label: "Pages (HTML)", icon: FileCode },
  { format: "json", label: "Full JSON", icon: Braces },
  { format: "jsonl", label: "JSON lines", icon: List },
  { format: "csv", label: "Messages (CSV)", icon: Sheet },
] as const;

interface ExportMenuProps {
  label: string;
  /** What the files hold; absent where it is too much to be named in an address. */
  files: ExportSelection | undefined;
  disabled?: boolean;
  /** On a phone only the icon shows. */
  isCompact?: boolean;
}

export function ExportMenu({ label, files, disabled = false, isCompact = false }: ExportMenuProps) {
  const items = (kinds: typeof LISTS | typeof FILES) =>
    files &&
    kinds.map(({ format, label: name, icon }) => (
      <MenuItem key={format} icon={icon} onSelect={() => void downloads.start(exportPath("/api/export", files, { format }))}>
        {name}
      </MenuItem>
    ));
  return (
    <Menu
      trigger={
        <Button disabled={disabled || !files} title={files ? undefined : "A file takes up to 1,000 sessions that are ticked, or unticked, one by one"}>
          <Download aria-hidden /> <span className={isCompact ? "max-sm:sr-only" : undefined}>{label}</span>
        </Button>
      }
    >
      <MenuLabel>The list</MenuLabel>
      {items(LISTS)}
      <MenuSeparator />
      <MenuLabel>With all messages</MenuLabel>
      {items(FILES)}
    </Menu>
  );
}
