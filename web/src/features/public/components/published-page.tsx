import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import { Transcript } from "@/components/transcript/transcript";
import { ErrorMessage, InlineError } from "@/components/ui/error-message";
import { Spinner } from "@/components/ui/spinner";
import { useDocumentTitle } from "@/hooks/use-document-title";
import { ApiError } from "@/lib/errors";
import { sessionTitle } from "@/lib/text";

import { publishedQuery } from "../api/get-published";

import { NotPublished } from "./not-published";
import { PublishedHeader } from "./published-header";

export function PublishedPage({ slug }: { slug: string }) {
  const published = useInfiniteQuery(publishedQuery(slug));
  const pages = published.data?.pages;
  const messages = useMemo(() => pages?.flatMap((page) => page.messages) ?? [], [pages]);
  const session = pages?.[0]?.session;
  useDocumentTitle(session ? sessionTitle(session.title) : "Published session");

  const { hasNextPage, isFetching, isError, fetchNextPage } = published;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);

  if (!session) {
    if (published.error instanceof ApiError && published.error.kind === "not-found") return <NotPublished />;
    if (published.error) {
      return <ErrorMessage title="The session did not load" error={published.error} onRetry={() => void published.refetch()} />;
    }
    return (
      <div className="grid h-full place-items-center">
        <Spinner label="Loading the session…" />
      </div>
    );
  }
  return (
    <article className="flex h-full flex-col">
      <PublishedHeader session={session} redactions={pages.reduce((sum, page) => sum + page.redactions, 0)} />
      {isError && <InlineError error={published.error} onRetry={() => void fetchNextPage()} />}
      <Transcript messages={messages} isComplete={!hasNextPage} />
    </article>
  );
}
