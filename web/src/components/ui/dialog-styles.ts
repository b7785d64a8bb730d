export const overlayClass = "overlay fixed inset-0 z-40 bg-black/45 backdrop-blur-[2px]";

export const dialogClass =
  "appear fixed top-1/2 left-1/2 z-50 flex max-h-[90dvh] w-[min(32rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 flex-col gap-3 overflow-y-auto rounded-xl border border-line bg-surface p-5 shadow-2xl";

export const popoverClass =
  "appear z-50 max-h-(--radix-popover-content-available-height) max-w-[calc(100vw-1rem)] overflow-y-auto rounded-xl border border-line bg-surface p-3 shadow-xl outline-none";

export const menuClass = "appear z-50 min-w-48 rounded-xl border border-line bg-surface p-1 shadow-xl";

export const menuItemClass =
  "flex h-8 w-full items-center gap-2 rounded-lg px-2.5 text-[0.8125rem] outline-none select-none data-highlighted:bg-hover data-disabled:opacity-50 pointer-coarse:h-10 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted";
