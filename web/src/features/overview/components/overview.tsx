import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";

import { Page, Section } from "@/components/layouts/page";
import { PluginSetup } from "@/components/plugin-setup";
import { ErrorMessage, InlineError } from "@/components/ui/error-message";
import { Skeleton } from "@/components/ui/skeleton";
import { lengthOf, periodLabel } from "@/lib/analytics-calendar";

import { type RecentFilter, recentSessionsQuery } from "../api/get-recent-sessions";
import { type OverviewSearch } from "../search-params";
import { type Figures, useFigures } from "../use-figures";
import { count } from "../words";

import { Activity } from "./activity";
import { ActiveFilters, Controls } from "./controls";
import { Efficiency } from "./efficiency";
import { ProjectsTable } from "./projects-table";
import { RecentSessions } from "./recent-sessions";
import { StatCards } from "./stat-cards";
import { UsageBy } from "./usage-by";
import { UsageChart } from "./usage-chart";

interface OverviewProps {
  search: OverviewSearch;
  onSearch: (change: OverviewSearch) => void;
}

export function Overview({ search, onSearch }: OverviewProps) {
  const { query, figures, timeZone } = useFigures(search);
  const filter = recentFilter(search);
  const recent = useQuery(recentSessionsQuery(filter));
  const isFirstRun = recent.data?.length === 0 && Object.keys(filter).length === 0;

  if (isFirstRun) {
    return (
      <Page title="Overview">
        <Section title="Connect your first agent" description="Its sessions appear here by themselves.">
          <PluginSetup />
        </Section>
      </Page>
    );
  }
  return (
    <Page
      title="Overview"
      description={figures ? periodWords(figures) : "…"}
      actions={<Controls figures={figures} search={search} onSearch={onSearch} />}
    >
      <ActiveFilters search={search} onSearch={onSearch} />
      {query.error && figures && <InlineError error={query.error} onRetry={() => void query.refetch()} />}
      {query.error && !figures ? (
        <ErrorMessage title="The figures did not load" error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <div aria-busy={query.isPlaceholderData} className={clsx("grid grid-cols-[minmax(0,1fr)] gap-5 transition-opacity", query.isPlaceholderData && "opacity-60")}>
          <StatCards figures={figures} />
          {figures ? <UsageChart figures={figures} search={search} onSearch={onSearch} /> : <Skeleton className="h-[28rem]" />}
        </div>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <RecentSessions filter={filter} />
        {figures && (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
            <Activity figures={figures} timeZone={timeZone} search={search} onSearch={onSearch} />
            <Efficiency figures={figures} />
          </div>
        )}
      </div>
      {figures && (
        <>
          <UsageBy figures={figures} search={search} onSearch={onSearch} />
          <ProjectsTable figures={figures} search={search} onSearch={onSearch} />
        </>
      )}
    </Page>
  );
}

function recentFilter({ source, model, project }: OverviewSearch): RecentFilter {
  return { ...(source && { source }), ...(model && { model }), ...(project && { projectName: project }) };
}

function periodWords({ period }: Figures): string {
  return `${periodLabel(period)} · ${count(lengthOf(period), "day")}`;
}
