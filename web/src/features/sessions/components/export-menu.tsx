import { Braces, Download, FileCode, FileText, List, Sheet } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { downloads } from "@/lib/downloads";
import { type ExportSelection, exportPath } from "@/lib/export-path";

import { type ExportFormat } from "../export-format";

// The server makes these while they are sent, so their size does not matter.
const FILES = [
  { format: "markdown", label: "Markdown", icon: FileText },
  { format: "html", label: "Pages (HTML)", icon: FileCode },
  { format: "json", label: "Full JSON", icon: Braces },
  { format: "jsonl", label: "JSON lines", icon: List },
  { format: "csv", label: "Messages (CSV)", icon: Sheet },
] as const;

export interface ExportMenuProps {
  label: string;
  /** Exports the list itself. */
  onExport: (format: ExportFormat) => void;
  /** What the files with messages hold; absent where it is too much to be named in an address. */
  files: ExportSelection | undefined;
  disabled?: boolean;
  /** On a phone only the icon shows. */
  isCompact?: boolean;
}

export function ExportMenu({ label, onExport, files, disabled, isCompact = false }: ExportMenuProps) {
  return (
    <Menu
      trigger={
        <Button disabled={disabled}>
          <Download aria-hidden /> <span className={isCompact ? "max-sm:sr-only" : undefined}>{label}</span>
        </Button>
      }
    >
      <MenuLabel>The list</MenuLabel>
      <MenuItem icon={Sheet} onSelect={() => onExport("csv")}>
        Table (CSV)
      </MenuItem>
      <MenuItem icon={Braces} onSelect={() => onExport("json")}>
        JSON
      </MenuItem>
      {files && (
        <>
          <MenuSeparator />
          <MenuLabel>With all messages</MenuLabel>
          {FILES.map(({ format, label: name, icon }) => (
            <MenuItem key={format} icon={icon} onSelect={() => void downloads.start(exportPath("/api/export", files, { format }))}>
              {name}
            </MenuItem>
          ))}
        </>
      )}
    </Menu>
  );
}
