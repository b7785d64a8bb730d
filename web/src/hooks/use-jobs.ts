import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { toApiError } from "@/lib/errors";
import { Invalidator } from "@/lib/invalidator";
import { JOB_FIELDS } from "@/lib/jobs";
import { pb } from "@/lib/pocketbase";
import { jobsKey } from "@/lib/query-keys";
import { realtime } from "@/lib/realtime-client";
import { type Job } from "@/types/records";

const NEWEST = 10;
const THROTTLE_MS = 300;

const jobsQuery = queryOptions({
  queryKey: jobsKey,
  queryFn: async ({ signal }): Promise<Job[]> => {
    const page = await pb
      .collection<Job>("jobs")
      .getList(1, NEWEST, { sort: "-createdAt,-id", fields: JOB_FIELDS, skipTotal: true, signal })
      .catch((error: unknown) => {
        throw toApiError(error);
      });
    return page.items;
  },
});

/** The newest pieces of long work (deletions), kept up to date while it runs. */
export function useJobs(): readonly Job[] | undefined {
  return useQuery(jobsQuery).data;
}

/** The one subscription to them; mounted by the frame of the signed-in pages. */
export function useJobsRealtime(): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    const jobs = new Invalidator(queryClient, THROTTLE_MS);
    const refresh = () => jobs.add([jobsKey]);
    const stop = realtime.watch("jobs/*", { onEvent: refresh, onCatchUp: refresh });
    return () => {
      stop();
      jobs.stop();
    };
  }, [queryClient]);
}
