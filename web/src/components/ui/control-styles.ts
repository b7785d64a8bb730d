/** What a field that holds a value looks like. */
export const controlClass =
  "h-8 w-full rounded-lg border border-line-strong/70 bg-surface px-2.5 text-[0.8125rem] placeholder:text-muted hover:border-line-strong pointer-coarse:h-10 pointer-coarse:text-base";
