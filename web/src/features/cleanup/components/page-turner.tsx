import { Button } from "@/components/ui/button";
import { formatInteger } from "@/lib/format";

interface PageTurnerProps {
  label: string;
  page: number;
  /** How many pages there are. */
  pages: number;
  onPage: (page: number) => void;
}

/** Turns the pages of a list whose newest entries come first; nothing where all is on one. */
export function PageTurner({ label, page, pages, onPage }: PageTurnerProps) {
  if (pages <= 1 && page <= 1) return null;
  return (
    <nav aria-label={label} className="nums flex items-center justify-between gap-3 border-t border-line px-4 py-2.5 text-xs text-muted">
      <Button disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Newer
      </Button>
      Page {formatInteger(page)} of {formatInteger(Math.max(page, pages))}
      <Button disabled={page >= pages} onClick={() => onPage(page + 1)}>
        Older
      </Button>
    </nav>
  );
}
