import { formatCompact } from "@/lib/format";

interface ShowAllProps {
  isOpen: boolean;
  length: number;
  onToggle: () => void;
}

export function ShowAll({ isOpen, length, onToggle }: ShowAllProps) {
  return (
    <button
      type="button"
      onClick={onToggle}
      aria-expanded={isOpen}
      className="nums py-2 text-xs font-medium text-accent-strong hover:underline"
    >
      {isOpen ? "Show less" : `Show all ${formatCompact(length)} characters`}
    </button>
  );
}
