import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { toApiError } from "@/lib/errors";
import { pb } from "@/lib/pocketbase";
import { jobsKey } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";
import { type CleanupRulesRecord } from "@/types/collections";

import { type Conditions } from "../conditions";

export type Rule = Omit<CleanupRulesRecord, "conditions"> & { conditions: Conditions };

const rulesKey = ["cleanup-rules"] as const;
const MOST_RULES = 50;

export const rulesQuery = queryOptions({
  queryKey: rulesKey,
  queryFn: async ({ signal }) => {
    try {
      const page = await pb.collection<Rule>("cleanupRules").getList(1, MOST_RULES, { sort: "createdAt,id", skipTotal: true, signal });
      return page.items;
    } catch (error) {
      throw toApiError(error);
    }
  },
});

export interface NewRule {
  name: string;
  conditions: Conditions;
  enabled: boolean;
}

export function useAddRule() {
  return useRuleMutation((rule: NewRule) => sidecar("/api/cleanup/rules", { method: "POST", body: rule }));
}

export function useChangeRule() {
  return useRuleMutation(({ id, ...change }: Pick<Rule, "id"> & Partial<NewRule>) => sidecar(pathOf(id), { method: "PATCH", body: change }));
}

export function useDeleteRule() {
  return useRuleMutation((id: string) => sidecar(pathOf(id), { method: "DELETE" }));
}

function useRuleMutation<T>(mutationFn: (what: T) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    // Waited for, so that a switch does not jump back before it is read anew.
    onSettled: () => Promise.all([rulesKey, jobsKey].map((queryKey) => queryClient.invalidateQueries({ queryKey }))),
  });
}

function pathOf(id: string): string {
  return `/api/cleanup/rules/${encodeURIComponent(id)}`;
}
