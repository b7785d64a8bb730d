import { ChevronLeft, ChevronRight, Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { useCallback, useRef, useState } from "react";

import { Button } from "@/components/ui/button";
import { ErrorMessage } from "@/components/ui/error-message";
import { Spinner } from "@/components/ui/spinner";
import { StateMessage } from "@/components/ui/state-message";
import { formatInteger } from "@/lib/format";
import { type SessionFilter } from "@/lib/session-filter";

import { TIMELINE_SIZE, useTimeline } from "../api/get-timeline";
import { extentOf, hasTime, type TimelineSession } from "../timeline-layout";

import { TimelineTracks } from "./timeline-tracks";

const HOUR = 3_600_000;
/** A day is as wide as a word. */
const USUAL = 8 / HOUR;
const MAX_WIDTH = 4_000_000;

/** Sessions along time, a track a project. */
export function Timeline({ filter, total }: { filter: SessionFilter; total: number }) {
  const [page, setPage] = useState(1);
  const [pxPerMs, setPxPerMs] = useState(USUAL);
  // Where the window is wider than the sessions are long, they are drawn larger than asked for.
  const shown = useRef(USUAL);
  const onScale = useCallback((scale: number) => {
    shown.current = scale;
  }, []);
  const timeline = useTimeline(filter, page);
  if (timeline.error && !timeline.data) {
    return <ErrorMessage title="The timeline did not load" error={timeline.error} onRetry={() => void timeline.refetch()} />;
  }
  if (!timeline.data) {
    return (
      <div className="grid flex-1 place-items-center">
        <Spinner label="Loading the timeline…" />
      </div>
    );
  }
  const extent = extentOf(timeline.data);
  const zoom = (factor: number) => setPxPerMs(clampScale(shown.current * factor, extent));
  return (
    <div className="flex min-h-0 flex-1 flex-col px-4 pb-4 md:px-8">
      <div className="flex flex-wrap items-center gap-2 py-1.5">
        <RangeStatement page={page} total={total} sessions={timeline.data} />
        {total > TIMELINE_SIZE && (
          <span className="flex gap-1">
            <Button isIcon aria-label="Later sessions" disabled={page === 1} onClick={() => setPage(page - 1)}>
              <ChevronLeft aria-hidden />
            </Button>
            <Button isIcon aria-label="Earlier sessions" disabled={page * TIMELINE_SIZE >= total} onClick={() => setPage(page + 1)}>
              <ChevronRight aria-hidden />
            </Button>
          </span>
        )}
        <span className="ml-auto flex gap-1">
          <Button isIcon aria-label="Zoom out" title="Zoom out" onClick={() => zoom(0.5)}>
            <ZoomOut aria-hidden />
          </Button>
          <Button isIcon aria-label="Zoom in" title="Zoom in" onClick={() => zoom(2)}>
            <ZoomIn aria-hidden />
          </Button>
          <Button isIcon aria-label="Show all at once" title="Show all at once" onClick={() => setPxPerMs(0)}>
            <Maximize2 aria-hidden />
          </Button>
        </span>
      </div>
      {extent ? (
        <TimelineTracks key={page} sessions={timeline.data} extent={extent} pxPerMs={clampScale(pxPerMs, extent)} isStale={timeline.isPlaceholderData} onScale={onScale} />
      ) : (
        <StateMessage icon={Maximize2} title="No session here has a time">
          The agents did not say when these sessions began.
        </StateMessage>
      )}
    </div>
  );
}

function RangeStatement({ page, total, sessions }: { page: number; total: number; sessions: readonly TimelineSession[] }) {
  const timeless = sessions.filter((session) => !hasTime(session)).length;
  const first = (page - 1) * TIMELINE_SIZE + 1;
  return (
    <p role="status" className="nums text-xs text-muted">
      {total > TIMELINE_SIZE
        ? `Sessions ${formatInteger(first)} to ${formatInteger(first + sessions.length - 1)} of ${formatInteger(total)}, the latest first`
        : `All ${formatInteger(sessions.length)} sessions`}
      {timeless > 0 && `; ${formatInteger(timeless)} without a time left out`}
    </p>
  );
}

/** What a browser can still lay out; `TimelineTracks` keeps it from being narrower than the window. */
function clampScale(pxPerMs: number, extent: { from: number; to: number } | undefined): number {
  const span = extent ? Math.max(HOUR, extent.to - extent.from) : HOUR;
  return Math.min(Math.max(pxPerMs, 200 / span), MAX_WIDTH / span, 2000 / HOUR);
}
