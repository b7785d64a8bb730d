import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { useNow } from "@/hooks/use-now";
import { type Filter, type LocalUsage, localUsage, periodOf, rowsOf } from "@/lib/analytics";
import { clocksOf, dayAt, type Period, periodBefore } from "@/lib/analytics-calendar";
import { toList } from "@/lib/session-filter";

import { usageQuery } from "./api/get-usage";
import { askedOf, shownPeriod } from "./period";
import { type OverviewSearch } from "./search-params";

/** What all parts of the page count. */
export interface Figures {
  usage: LocalUsage;
  period: Period;
  /** Rows of the period that the filter leaves. */
  rows: readonly number[];
  /** The same of as many days before; absent where the period has no beginning of its own. */
  before: readonly number[] | undefined;
  /** Rows of the period, whatever the filter says: what can be filtered by. */
  unfiltered: readonly number[];
}

export function useFigures(search: OverviewSearch) {
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const clocks = useMemo(() => clocksOf(timeZone), [timeZone]);
  const query = useQuery({ ...usageQuery(askedOf(search, dayAt(useNow(), clocks))), placeholderData: keepPreviousData });
  const { data } = query;
  const usage = useMemo(() => data && localUsage(data.usage, clocks), [data, clocks]);
  const { source, model, project } = search;
  const figures = useMemo((): Figures | undefined => {
    if (!data || !usage) return undefined;
    const filter: Filter = { source: toList(source), model: toList(model), project: toList(project) };
    const period = shownPeriod(data.asked, periodOf(usage));
    return {
      usage,
      period,
      rows: rowsOf(usage, filter, period),
      before: data.asked.first === undefined ? undefined : rowsOf(usage, filter, periodBefore(period)),
      unfiltered: rowsOf(usage, {}, period),
    };
  }, [data, usage, source, model, project]);
  return { query, figures, timeZone };
}
