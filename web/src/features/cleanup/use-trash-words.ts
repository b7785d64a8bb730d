import { useQuery } from "@tanstack/react-query";

import { trashSummaryQuery } from "./api/trash";
import { daysInWords } from "./conditions";

/** How to speak of what becomes of deleted sessions on this server. */
export function useTrashWords(): { isKept: boolean; days: number | undefined; whatHappens: string } {
  const days = useQuery(trashSummaryQuery).data?.days;
  if (days === 0) return { isKept: false, days, whatHappens: "This server keeps no trash: this cannot be undone." };
  const period = days === undefined ? "a while" : daysInWords(days);
  return { isKept: true, days, whatHappens: `Sessions can be restored from the trash for ${period}; then they are gone for good.` };
}
