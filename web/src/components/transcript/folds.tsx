import { createContext, type ReactNode, use, useMemo, useState } from "react";

interface Folds {
  isOpen: (key: string, initially: boolean) => boolean;
  setOpen: (key: string, isOpen: boolean) => void;
  /** Opens or closes all that has not been touched since. */
  setAll: (isOpen: boolean) => void;
  all: boolean | undefined;
}

const FoldsContext = createContext<Folds | null>(null);

interface Chosen {
  all: boolean | undefined;
  keys: ReadonlyMap<string, boolean>;
}

/** Remembers what the reader unfolded: a virtualised row forgets its own state when it leaves. */
export function FoldsProvider({ children }: { children: ReactNode }) {
  const [chosen, setChosen] = useState<Chosen>({ all: undefined, keys: new Map() });
  const folds = useMemo<Folds>(
    () => ({
      isOpen: (key, initially) => chosen.keys.get(key) ?? initially,
      setOpen: (key, isOpen) => setChosen(({ all, keys }) => ({ all, keys: new Map(keys).set(key, isOpen) })),
      setAll: (all) => setChosen({ all, keys: new Map() }),
      all: chosen.all,
    }),
    [chosen],
  );
  return <FoldsContext value={folds}>{children}</FoldsContext>;
}

export function useFolds(): Folds {
  const folds = use(FoldsContext);
  if (!folds) throw new Error("Folds are for transcripts inside a FoldsProvider.");
  return folds;
}

/** A detail of the conversation that opens, alone or with all others. */
export function useFold(key: string, initially = false) {
  const folds = useFolds();
  const isOpen = folds.isOpen(key, folds.all ?? initially);
  return { isOpen, toggle: () => folds.setOpen(key, !isOpen) };
}

/** Whether more than the beginning of a long text is shown. */
export function useMore(id: string) {
  const folds = useFolds();
  const key = moreKey(id);
  const isOpen = folds.isOpen(key, false);
  return { isOpen, toggle: () => folds.setOpen(key, !isOpen) };
}

export function moreKey(id: string): string {
  return `${id}:more`;
}
