import { useState } from "react";

import { isDescending, type SessionSort, sortKeyOf } from "@/lib/session-sort";
import { type SessionRow } from "@/types/records";

/** How many sessions came to the top of the list, or moved there, since it was last in sight. */
export function useNewcomers(head: readonly SessionRow[], sort: SessionSort, isAtTop: boolean): number {
  const key = sortKeyOf(sort);
  const isByTime = isDescending(sort) && (key === "updatedAt" || key === "createdAt");
  const newest = isByTime ? (head[0]?.[key] ?? 0) : 0;
  const [seen, setSeen] = useState<number>();
  if (newest !== seen && (isAtTop || seen === undefined)) setSeen(newest);
  return isByTime && !isAtTop && seen !== undefined ? head.filter((row) => row[key] > seen).length : 0;
}
