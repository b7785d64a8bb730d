import { createContext, type ReactNode, use, useMemo, useState } from "react";

interface Folds {
  isOpen: (key: string, initially: boolean) => boolean;
  setOpen: (key: string, isOpen: boolean) => void;
}

const FoldsContext = createContext<Folds | null>(null);

/** Remembers what the reader unfolded: a virtualised row forgets its own state when it leaves. */
export function FoldsProvider({ children }: { children: ReactNode }) {
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const folds = useMemo<Folds>(
    () => ({
      isOpen: (key, initially) => chosen.get(key) ?? initially,
      setOpen: (key, isOpen) => setChosen((previous) => new Map(previous).set(key, isOpen)),
    }),
    [chosen],
  );
  return <FoldsContext value={folds}>{children}</FoldsContext>;
}

export function useFold(key: string, initially = false) {
  const folds = use(FoldsContext);
  if (!folds) throw new Error("useFold is for transcripts inside a FoldsProvider.");
  const isOpen = folds.isOpen(key, initially);
  return { isOpen, toggle: () => folds.setOpen(key, !isOpen) };
}
