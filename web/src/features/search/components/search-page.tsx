import { useInfiniteQuery } from "@tanstack/react-query";
import { ListFilter, SearchX, Sparkles } from "lucide-react";
import { type ReactNode, useState } from "react";

import { PageHeader } from "@/components/layouts/page";
import { Button } from "@/components/ui/button";
import { ErrorMessage } from "@/components/ui/error-message";
import { type Segment, SegmentedControl } from "@/components/ui/segmented-control";
import { Skeleton } from "@/components/ui/skeleton";
import { StateMessage } from "@/components/ui/state-message";

import { searchOptions, type SearchResult } from "../api/search";
import { activeFilters, type Mode, type Scope, type SearchParams } from "../search-params";
import { useAsk } from "../use-ask";

import { AnswerPanel } from "./answer-panel";
import { CopyContextButton } from "./copy-context-button";
import { PreviewPanel } from "./preview-panel";
import { RecentSessions } from "./recent-sessions";
import { ResultList } from "./result-list";
import { SearchBox } from "./search-box";
import { SearchFilters } from "./search-filters";
import { SearchStatus } from "./search-status";

const MODE_OPTIONS: Segment<Mode>[] = [
  { value: "hybrid", label: "Hybrid" },
  { value: "fulltext", label: "Full text" },
  { value: "semantic", label: "Semantic" },
];
const SCOPE_OPTIONS: Segment<Scope>[] = [
  { value: "sessions", label: "Sessions" },
  { value: "messages", label: "Messages" },
];

function useSearch(params: SearchParams) {
  return useInfiniteQuery(searchOptions(params));
}

interface SearchPageProps {
  params: SearchParams;
  onChange: (change: Partial<SearchParams>) => void;
}

export function SearchPage({ params, onChange }: SearchPageProps) {
  const [selected, setSelected] = useState<SearchResult>();
  const [areFiltersOpen, setFiltersOpen] = useState(() => activeFilters(params).length > 0);
  const search = useSearch(params);
  const { answer, start, stop } = useAsk();
  const first = search.data?.pages[0];
  const active = activeFilters(params).length;

  const change = (next: Partial<SearchParams>) => {
    setSelected(undefined);
    onChange(next);
  };
  return (
    <div className="flex h-full min-h-0">
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="mx-auto grid w-full max-w-4xl gap-3 px-4 pt-5 pb-3 md:px-8 md:pt-7">
          <PageHeader
            title="Search"
            actions={
              params.q && (
                <div className="flex flex-wrap justify-end gap-2">
                  <Button title="Have a chat model answer from what is found" onClick={() => void start(params)}>
                    <Sparkles aria-hidden /> Ask
                  </Button>
                  <CopyContextButton params={params} />
                </div>
              )
            }
          />
          <SearchBox q={params.q ?? ""} isBusy={search.isFetching} onChange={(q) => change({ q: q || undefined })} />
          <div className="flex flex-wrap items-center gap-2">
            <SegmentedControl label="Look for" options={SCOPE_OPTIONS} value={params.scope ?? "sessions"} onChange={(scope) => change({ scope })} />
            <SegmentedControl label="Find by" options={MODE_OPTIONS} value={params.type ?? "hybrid"} onChange={(type) => change({ type })} />
            <Button variant="ghost" aria-expanded={areFiltersOpen} onClick={() => setFiltersOpen(!areFiltersOpen)}>
              <ListFilter aria-hidden /> Filters{active > 0 && ` (${active})`}
            </Button>
          </div>
          {areFiltersOpen && <SearchFilters params={params} onChange={change} />}
          {answer?.q === params.q && answer && <AnswerPanel answer={answer} onClose={stop} />}
          {params.q && first && <SearchStatus page={first} isStale={search.isPlaceholderData} />}
        </div>
        <Results params={params} search={search} selected={selected} onSelect={setSelected} />
      </div>
      {selected && <PreviewPanel result={selected} onClose={() => setSelected(undefined)} />}
    </div>
  );
}

interface ResultsProps {
  params: SearchParams;
  search: ReturnType<typeof useSearch>;
  selected: SearchResult | undefined;
  onSelect: (result: SearchResult) => void;
}

function Results({ params, search, selected, onSelect }: ResultsProps): ReactNode {
  if (params.q === undefined) {
    return (
      <div className="min-h-0 flex-1 overflow-y-auto">
        <RecentSessions source={params.source} />
      </div>
    );
  }
  if (search.error && !search.data) {
    return <ErrorMessage title="The search did not work" error={search.error} onRetry={() => void search.refetch()} />;
  }
  if (!search.data) return <LoadingResults />;
  const results = search.data.pages.flatMap((page) => page.results);
  if (results.length === 0) {
    return (
      <StateMessage icon={SearchX} title="Nothing found">
        Try fewer or other words{activeFilters(params).length > 0 ? ", or clear the filters" : ""}. A name of a file, a function or an error finds it whole.
      </StateMessage>
    );
  }
  return (
    <ResultList
      // Other results start at the top.
      key={JSON.stringify(params)}
      results={results}
      selected={selected}
      onSelect={onSelect}
      more={{
        isPossible: search.hasNextPage && !search.isPlaceholderData,
        isLoading: search.isFetchingNextPage,
        error: search.isFetchNextPageError ? search.error : null,
        load: () => void search.fetchNextPage(),
      }}
    />
  );
}

function LoadingResults() {
  return (
    <div aria-busy="true" aria-label="Searching" role="status" className="mx-auto grid w-full max-w-4xl gap-2 px-4 md:px-8">
      {[0, 1, 2, 3, 4].map((index) => (
        <Skeleton key={index} className="h-28" />
      ))}
    </div>
  );
}
