import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { toApiError } from "@/lib/errors";
import { JOB_FIELDS } from "@/lib/jobs";
import { pb } from "@/lib/pocketbase";
import { jobsKey } from "@/lib/query-keys";
import { type JobsRecord } from "@/types/collections";
import { type Job } from "@/types/records";

export const RUNS_A_PAGE = 20;

/** A session that a rule removed, as it was called then. */
export interface Removed {
  id: string;
  externalId: string;
  title: string;
}

/** A page of what rules did, the latest first; 1 is the first page. */
export function ruleRunsQuery(page: number) {
  return queryOptions({
    queryKey: [...jobsKey, "rules", page] as const,
    queryFn: async ({ signal }) => {
      try {
        return await pb
          .collection<Job>("jobs")
          .getList(page, RUNS_A_PAGE, { filter: "rule != ''", sort: "-createdAt,-id", fields: JOB_FIELDS, signal });
      } catch (error) {
        throw toApiError(error);
      }
    },
    placeholderData: keepPreviousData,
  });
}

/** The first sessions, up to a thousand, that a run removed; none where they are not known any more. */
export function removedQuery(job: string) {
  return queryOptions({
    queryKey: [...jobsKey, "removed", job] as const,
    queryFn: async ({ signal }): Promise<Removed[]> => {
      try {
        const { removed } = await pb
          .collection<Pick<JobsRecord, "id"> & { removed: Removed[] | null }>("jobs")
          .getOne(job, { fields: "id,removed", signal });
        return removed ?? [];
      } catch (error) {
        throw toApiError(error);
      }
    },
  });
}
