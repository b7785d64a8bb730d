import { formatInteger } from "@/lib/format";

import { type SearchPage } from "../api/search";
import { type Mode } from "../search-params";

import { Notice } from "./notice";

const NAMES: Record<Mode, string> = {
  hybrid: "by words and meaning",
  fulltext: "by words",
  semantic: "by meaning",
};

/** How many there are and how they were really found, which may be less than was asked for. */
export function SearchStatus({ page, isStale }: { page: SearchPage; isStale: boolean }) {
  const count = `${formatInteger(page.total)}${page.totalIsLowerBound ? "+" : ""}`;
  const isWordsOnly = page.realisedMode === "fulltext" && page.requestedMode !== "fulltext";
  return (
    <div className="grid gap-1.5" aria-busy={isStale}>
      <p role="status" className="nums text-[0.8125rem] text-muted">
        {count} {page.total === 1 ? "result" : "results"}, found {NAMES[page.realisedMode]}
      </p>
      {(isWordsOnly || page.reason) && (
        <Notice tone="warn">
          {isWordsOnly && "Searched by words only. "}
          {page.reason}
        </Notice>
      )}
    </div>
  );
}
