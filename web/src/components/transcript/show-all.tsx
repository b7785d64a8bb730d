interface ShowAllProps {
  isOpen: boolean;
  /** What there is more of, as in "1.2M characters". */
  amount: string;
  onToggle: () => void;
}

export function ShowAll({ isOpen, amount, onToggle }: ShowAllProps) {
  return (
    <button
      type="button"
      onClick={onToggle}
      aria-expanded={isOpen}
      className="nums py-2 text-xs font-medium text-accent-strong hover:underline"
    >
      {isOpen ? "Show less" : `Show all ${amount}`}
    </button>
  );
}
