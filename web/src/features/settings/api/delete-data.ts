import { useMutation } from "@tanstack/react-query";

import { sidecar } from "@/lib/sidecar";

/** What can be deleted as a whole; the server answers with a job that goes on by itself. */
export type DeletionScope = "data" | "account";

const PATHS: Record<DeletionScope, string> = { data: "/api/me/data", account: "/api/me" };

export function useDelete(scope: DeletionScope) {
  return useMutation({ mutationFn: () => sidecar<unknown>(PATHS[scope], { method: "DELETE" }) });
}
