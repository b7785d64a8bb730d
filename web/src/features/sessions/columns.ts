import { type SortKey } from "@/lib/session-sort";

/** A row is a card where there is little room; columns come as there is room. Sizes and cells stand in the same order. */
export const gridClass =
  "grid grid-cols-[1.75rem_minmax(0,1fr)_auto] items-center gap-x-3 px-2" +
  " lg:grid-cols-[1.75rem_minmax(0,1fr)_10rem_4.25rem_4.5rem_5.75rem]" +
  " xl:grid-cols-[1.75rem_minmax(0,1fr)_10rem_4.75rem_4.25rem_4.5rem_4.75rem_5.75rem]" +
  " 2xl:grid-cols-[1.75rem_minmax(0,1fr)_11rem_4.75rem_4.5rem_5rem_5rem_6rem_6rem]" +
  " min-[108rem]:grid-cols-[1.75rem_minmax(0,1fr)_11rem_8rem_11rem_4.75rem_4.5rem_5rem_5rem_6rem_6rem]";

export const FROM_LG = "max-lg:hidden";
export const FROM_XL = "max-xl:hidden";
export const FROM_2XL = "max-2xl:hidden";
/** Wide enough for every column to stand alone. */
export const FROM_WIDE = "max-[108rem]:hidden";
export const BELOW_WIDE = "min-[108rem]:hidden";

interface Column {
  key: SortKey;
  label: string;
  className?: string;
  isNumeric?: true;
}

export const COLUMNS: readonly Column[] = [
  { key: "title", label: "Title" },
  { key: "projectName", label: "Project", className: FROM_WIDE },
  { key: "source", label: "Agent", className: FROM_LG },
  { key: "model", label: "Model", className: FROM_WIDE },
  { key: "messageCount", label: "Messages", className: FROM_XL, isNumeric: true },
  { key: "totalTokens", label: "Tokens", className: FROM_LG, isNumeric: true },
  { key: "cost", label: "Cost", className: FROM_LG, isNumeric: true },
  { key: "durationMs", label: "Duration", className: FROM_XL, isNumeric: true },
  { key: "createdAt", label: "Created", className: FROM_2XL, isNumeric: true },
  { key: "updatedAt", label: "Updated", isNumeric: true },
];
