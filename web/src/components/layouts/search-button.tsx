import { Search } from "lucide-react";

import { Kbd } from "@/components/ui/kbd";
import { commandKey } from "@/lib/shortcuts";

/** Opens the command palette. */
export function SearchButton({ onPress }: { onPress: () => void }) {
  return (
    <button
      type="button"
      onClick={onPress}
      aria-haspopup="dialog"
      aria-keyshortcuts="Control+K Meta+K"
      className="flex h-10 items-center gap-2 rounded-lg px-2.5 text-[0.8125rem] text-muted hover:bg-hover hover:text-ink md:h-8 md:w-full md:border md:border-line md:bg-canvas"
    >
      <Search aria-hidden className="size-4 shrink-0" />
      <span className="flex-1 text-left max-md:sr-only">
        Search… <span className="sr-only">and commands</span>
      </span>
      <span aria-hidden className="max-md:hidden">
        <Kbd>{commandKey} K</Kbd>
      </span>
    </button>
  );
}
