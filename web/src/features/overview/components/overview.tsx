import { useQuery } from "@tanstack/react-query";

import { Page, Section } from "@/components/layouts/page";
import { PluginSetup } from "@/components/plugin-setup";
import { ErrorMessage } from "@/components/ui/error-message";

import { statsQuery } from "../api/get-stats";

import { ModelShare } from "./model-share";
import { RecentSessions } from "./recent-sessions";
import { StatTiles } from "./stat-tiles";

export function Overview() {
  const stats = useQuery(statsQuery);
  const isEmpty = stats.data?.sessionCount === 0;

  return (
    <Page title="Overview">
      {stats.error && !stats.data ? (
        <ErrorMessage title="The figures did not load" error={stats.error} onRetry={() => void stats.refetch()} />
      ) : (
        <StatTiles stats={stats.data} />
      )}
      {isEmpty ? (
        <Section title="Connect your first agent" description="Its sessions appear here by themselves.">
          <PluginSetup />
        </Section>
      ) : (
        <div className="grid items-start gap-5 lg:grid-cols-[3fr_2fr]">
          <RecentSessions />
          <ModelShare usage={stats.data?.modelUsage} />
        </div>
      )}
    </Page>
  );
}
