import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import clsx from "clsx";
import { type KeyboardEvent, memo, useLayoutEffect, useMemo, useRef, useState } from "react";

import { formatCompact, formatDateTime, formatDuration } from "@/lib/format";
import { sourceOf } from "@/lib/sources";
import { sessionTitle } from "@/lib/text";

import { type Block, type Lane, layoutLanes, type Tick, ticksBetween, type TimelineSession } from "../timeline-layout";
import { useBlockKeys, useKeptTime, useWindow } from "../use-timeline-view";

const ROW = 24;
const LANE_PADDING = 10;
const AXIS = 28;
const MIN_TICK_GAP = 84;
/** Blocks within this many pixels around the window are drawn too. */
const MARGIN = 600;
const CHART_COLORS = 8;

interface TracksProps {
  sessions: readonly TimelineSession[];
  extent: { from: number; to: number };
  pxPerMs: number;
  isStale: boolean;
  /** Told the scale that is really drawn. */
  onScale: (pxPerMs: number) => void;
}

export function TimelineTracks({ sessions, extent, pxPerMs, isStale, onScale }: TracksProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { left, width, onScroll } = useWindow(scroller);
  const labels = width < 640 ? 100 : 152;
  const room = Math.max(200, width - labels - 24);
  const scale = Math.max(pxPerMs, room / Math.max(1, extent.to - extent.from));
  const lanes = useMemo(() => layoutLanes(sessions, { from: extent.from, pxPerMs: scale }), [sessions, extent.from, scale]);
  const contentWidth = Math.max(room, (extent.to - extent.from) * scale) + 24;

  const virtualizer = useVirtualizer({
    count: lanes.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(lanes[index]),
    overscan: 4,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, lanes]);
  useLayoutEffect(() => onScale(scale), [onScale, scale]);
  useKeptTime({ scroller, scale, from: extent.from, room });
  const { activeId, setActiveId, onKeyDown } = useBlockKeys(scroller, lanes, virtualizer);
  const [pointed, setPointed] = useState<Pointed>();

  const inView = { from: left - MARGIN, to: left + width + MARGIN };
  const ticks = ticksBetween(extent.from + Math.max(0, inView.from) / scale, Math.min(extent.to + 24 / scale, extent.from + inView.to / scale), scale, MIN_TICK_GAP);
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="region"
        aria-label="Timeline"
        // A scroll area without a block in sight must itself be reachable by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={() => {
          onScroll();
          setPointed(undefined);
        }}
        className={clsx("card h-full overflow-auto -outline-offset-2 transition-opacity", isStale && "opacity-50")}
      >
        <div className="relative" style={{ width: labels + contentWidth, height: virtualizer.getTotalSize() + AXIS }}>
          <Axis ticks={ticks} from={extent.from} scale={scale} labels={labels} />
          <ul aria-label="Projects">
            {virtualizer.getVirtualItems().map((item) => {
              const lane = lanes[item.index];
              return (
                lane && (
                  <TrackLane
                    key={item.key}
                    {...{ lane, labels, activeId, onKeyDown, setActiveId }}
                    top={item.start + AXIS}
                    visible={lane.blocks.filter(({ x, width: wide }) => x + wide >= inView.from && x <= inView.to)}
                    onPoint={setPointed}
                  />
                )
              );
            })}
          </ul>
        </div>
      </div>
      {pointed && <Hint {...pointed} />}
    </div>
  );
}

interface LaneProps {
  lane: Lane;
  top: number;
  labels: number;
  visible: readonly Block[];
  activeId: string | undefined;
  setActiveId: (id: string) => void;
  onKeyDown: (event: KeyboardEvent, session: TimelineSession) => void;
  onPoint: (pointed: Pointed | undefined) => void;
}

function TrackLane({ lane, top, labels, visible, activeId, setActiveId, onKeyDown, onPoint }: LaneProps) {
  const color = `var(--chart-${colorOf(lane.project)})`;
  return (
    <li className="absolute inset-x-0 border-b border-line/60" style={{ top, height: heightOf(lane) }}>
      <div className="sticky left-0 z-10 float-left h-full border-r border-line bg-surface" style={{ width: labels }}>
        {/* A tall track keeps its name in sight. */}
        <div className="sticky px-2.5 py-2 text-xs" style={{ top: AXIS }}>
          <bdi className="block truncate font-medium" title={lane.project}>
            {lane.project || "No project"}
          </bdi>
          {lane.rows > 1 && <span className="nums text-2xs text-muted">{lane.blocks.length} sessions</span>}
        </div>
      </div>
      {visible.map((block) => (
        <TrackBlock
          key={block.session.id}
          {...{ block, color, onPoint, onKeyDown, setActiveId }}
          left={labels + block.x}
          isActive={block.session.id === activeId}
        />
      ))}
    </li>
  );
}

interface BlockProps extends Pick<LaneProps, "onPoint" | "onKeyDown" | "setActiveId"> {
  block: Block;
  left: number;
  color: string;
  isActive: boolean;
}

const TrackBlock = memo(function TrackBlock({ block, left, color, isActive, onPoint, onKeyDown, setActiveId }: BlockProps) {
  const { session, width, row } = block;
  const point = (element: Element) => onPoint({ session, box: element.getBoundingClientRect() });
  return (
    <Link
      to="/sessions/$id"
      state={{ isFromList: true }}
      params={{ id: session.id }}
      data-block={session.id}
      tabIndex={isActive ? 0 : -1}
      aria-label={`${titleOf(session)}, ${formatDateTime(session.createdAt)}, ${formatCompact(session.totalTokens)} tokens`}
      onFocus={(event) => {
        setActiveId(session.id);
        point(event.currentTarget);
      }}
      onBlur={() => onPoint(undefined)}
      onPointerEnter={(event) => point(event.currentTarget)}
      onPointerLeave={() => onPoint(undefined)}
      onKeyDown={(event) => onKeyDown(event, session)}
      className="absolute overflow-hidden rounded-sm border-l-3 px-1 text-2xs leading-5 whitespace-nowrap hover:brightness-110 focus-visible:z-10 focus-visible:outline-offset-1"
      style={{
        left,
        width,
        top: LANE_PADDING / 2 + row * ROW,
        height: ROW - 4,
        borderColor: color,
        background: `color-mix(in oklab, ${color} 26%, var(--surface))`,
      }}
    >
      {width >= 48 && <bdi>{titleOf(session)}</bdi>}
    </Link>
  );
});

function Axis({ ticks, from, scale, labels }: { ticks: readonly Tick[]; from: number; scale: number; labels: number }) {
  return (
    <div aria-hidden className="nums sticky top-0 z-20 border-b border-line bg-surface text-2xs text-muted" style={{ height: AXIS }}>
      {ticks.map((tick) => (
        <span key={tick.at} className="absolute inset-y-0 flex items-center border-l border-line pl-1 whitespace-nowrap" style={{ left: labels + (tick.at - from) * scale }}>
          {tickText(tick)}
        </span>
      ))}
      <span className="sticky left-0 block h-full border-r border-line bg-surface" style={{ width: labels }} />
    </div>
  );
}

interface Pointed {
  session: TimelineSession;
  box: DOMRect;
}

/** One for all blocks: thousands of tooltips would cost more than the blocks. */
function Hint({ session, box }: Pointed) {
  const isLow = box.bottom > window.innerHeight - 120;
  return (
    <div
      aria-hidden
      className="pointer-events-none fixed z-50 max-w-72 rounded-lg bg-ink px-2.5 py-1.5 text-xs text-canvas shadow-lg"
      style={{
        left: Math.max(8, Math.min(box.left, window.innerWidth - 296)),
        ...(isLow ? { bottom: window.innerHeight - box.top + 6 } : { top: box.bottom + 6 }),
      }}
    >
      <bdi className="line-clamp-2 font-medium">{titleOf(session)}</bdi>
      <p className="nums">
        {formatDateTime(session.createdAt)}
        {session.durationMs > 0 && ` · ${formatDuration(session.durationMs)}`}
      </p>
      <p className="nums">
        {sourceOf(session.source).label} · {formatCompact(session.totalTokens)} tokens
      </p>
    </div>
  );
}

function titleOf({ title }: TimelineSession): string {
  return sessionTitle(title);
}

function heightOf(lane: Lane | undefined): number {
  return Math.max(1, lane?.rows ?? 1) * ROW + LANE_PADDING;
}

/** The same project has the same colour whatever is filtered. */
function colorOf(project: string): number {
  let hash = 0;
  for (const letter of project) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return (hash % CHART_COLORS) + 1;
}

const FORMATS: Record<Tick["unit"], Intl.DateTimeFormat> = {
  hour: new Intl.DateTimeFormat(undefined, { timeStyle: "short" }),
  day: new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }),
  month: new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric" }),
  year: new Intl.DateTimeFormat(undefined, { year: "numeric" }),
};

function tickText({ at, unit }: Tick): string {
  const isMidnight = unit === "hour" && new Date(at).getHours() === 0;
  return FORMATS[isMidnight ? "day" : unit].format(at);
}
