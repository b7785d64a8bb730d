import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { toApiError } from "@/lib/errors";
import { escapeLike, pb } from "@/lib/pocketbase";
import { sessionKeys } from "@/lib/query-keys";
import { sidecar } from "@/lib/sidecar";

const LIMIT = 5;

export interface FoundSession {
  id: string;
  title: string;
  source: string;
  projectName: string;
  updatedAt: number;
}

/** The newest sessions with these words in the title; without words, the newest. */
export function sessionsByTitle(title: string) {
  return queryOptions({
    queryKey: [...sessionKeys.lists, "palette", title],
    queryFn: async ({ signal }): Promise<FoundSession[]> => {
      const page = await pb
        .collection<FoundSession>("sessions")
        .getList(1, LIMIT, {
          filter: title === "" ? "" : pb.filter("title ~ {:title}", { title: escapeLike(title) }),
          sort: "-updatedAt,-id",
          fields: "id,title,source,projectName,updatedAt",
          skipTotal: true,
          signal,
        })
        .catch((error: unknown) => {
          throw toApiError(error);
        });
      return page.items;
    },
    placeholderData: keepPreviousData,
  });
}

export interface FoundPassage {
  sessionId: string;
  messageId?: string | null;
  title: string | null;
  source: string | null;
  snippet: string;
}

/** The best of the full search. */
export function bestPassages(q: string) {
  return queryOptions({
    queryKey: ["search", "palette", q],
    queryFn: ({ signal }) => sidecar<{ results: FoundPassage[] }>(`/api/search?${new URLSearchParams({ q, limit: String(LIMIT) })}`, { signal }),
    select: ({ results }) => results,
    enabled: q.length >= 2,
    placeholderData: keepPreviousData,
  });
}
