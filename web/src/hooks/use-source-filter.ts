import { useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { useSources } from "@/hooks/use-sources";
import { toList } from "@/lib/session-filter";

/** The pages that show the sessions of one agent or of all; their address says which: `?source=pi`. */
const FILTERED_PAGES: readonly string[] = ["/", "/sessions", "/search"];

/**
 * The agent that the pages are narrowed to. It lives in the address, so that links and Back hold it;
 * other pages (a session, the settings) have none, and going on from them keeps the last.
 */
export function useSourceFilter() {
  const pathname = useLocation({ select: (location) => location.pathname });
  const address = useSearch({ strict: false, select: (search) => search.source });
  const navigate = useNavigate();
  const options = useSources();

  const isFilteredPage = FILTERED_PAGES.includes(pathname);
  const [kept, setKept] = useState(address);
  if (isFilteredPage && JSON.stringify(kept) !== JSON.stringify(address)) setKept(address);

  const setSource = (source: string | undefined) => {
    if (isFilteredPage) void navigate({ to: ".", search: (previous) => ({ ...previous, source }) });
    else void navigate({ to: "/sessions", search: { source } });
  };
  const sources = toList(isFilteredPage ? address : kept);
  // What a link narrows the page to is offered, too, or it could not be seen.
  return { sources, isFilteredPage, options: [...new Set([...options, ...sources])], setSource };
}

export type SourceFilter = ReturnType<typeof useSourceFilter>;
