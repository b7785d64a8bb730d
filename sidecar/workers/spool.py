"""Brings PocketBase what was accepted while it was away, the oldest first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from sidecar.domain.writes import Write, group_length
from sidecar.errors import OpenSyncError, PocketBaseUnavailable, Unauthenticated
from sidecar.pocketbase.ingest import Committer
from sidecar.spool.file import Kept
from sidecar.spool.spool import Spool

logger = structlog.get_logger(__name__)

_SHORTEST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_MOST: Final = 1_000  # writes at once
_DEADLY: Final = 3  # times that PocketBase may end over one write
_KILLED: Final = (
    "PocketBase ended each time it was given this. It may want more memory; then try it again."
)
_LOOK: Final = 5.0  # how often it is looked for what the command line let wait again


class Drainer:
    """Works off the spool. A write that PocketBase refuses is set aside and holds up no other."""

    def __init__(
        self,
        spool: Spool,
        committer: Committer,
        *,
        on_gone: Callable[[str], None] = lambda key: None,
        longest_pause: float = _LONGEST_PAUSE,
        look_every: float = _LOOK,
    ) -> None:
        """`on_gone` is told the keys that may not write any more."""
        self._spool = spool
        self._on_gone = on_gone
        self._committer = committer
        self._longest_pause = longest_pause
        self._look_every = look_every
        self._nudged = asyncio.Event()
        self._most = _MOST
        self._ended_over = (0, 0)  # a write that was alone, and how often PocketBase ended over it

    def nudge(self) -> None:
        """Note that the spool got something."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. What then is left, the next start finds."""
        pause = _SHORTEST_PAUSE
        while not stop.is_set():
            if not self._spool.state.counts.waiting:
                pause = _SHORTEST_PAUSE
                await _first(stop, self._nudged, seconds=self._look_every)
                self._nudged.clear()
            try:
                await _unless(stop, self._step())
            except PocketBaseUnavailable:
                await _first(stop, seconds=pause)
                pause = min(pause * 2, self._longest_pause)
            else:
                pause = _SHORTEST_PAUSE

    async def _step(self) -> None:
        """Bring PocketBase the oldest group. Raises PocketBaseUnavailable when it is away."""
        await self._spool.look_again()
        if not self._spool.state.counts.waiting:
            return
        oldest = await self._spool.oldest()
        group = oldest[: min(self._most, group_length(kept.write for kept in oldest))]
        kept_of = {kept.write: kept for kept in group}
        stored: list[Kept] = []
        refused: list[tuple[Kept, str]] = []

        def decide(write: Write, error: OpenSyncError | None) -> None:
            if error is None:
                stored.append(kept_of[write])
            else:
                refused.append((kept_of[write], _reason(error)))
            if isinstance(error, Unauthenticated) and write.key is not None:
                self._on_gone(write.key)

        was_there = await self._committer.answers()
        try:
            await self._committer.commit([kept.write for kept in group], decide)
            self._most = min(self._most * 2, _MOST)
        except PocketBaseUnavailable:
            if was_there and not await self._committer.answers() and self._is_deadly(group):
                refused.append((group[0], _KILLED))
            raise
        finally:
            if stored or refused:
                await self._spool.settle(stored, refused)
        if refused:
            logger.error("Writes were set aside", action="spool_set_aside", writes=len(refused))
        if not self._spool.state.counts.waiting:
            logger.info("The spool is empty again", action="spool_drained")

    def _is_deadly(self, group: list[Kept]) -> bool:
        """Note that PocketBase ended over a group; tell whether a single write is to blame.

        What PocketBase has too little memory for would otherwise hold up all behind it for good.
        """
        self._most = max(1, len(group) // 2)
        if len(group) > 1:
            return False
        id, times = group[0].id, self._ended_over[1]
        self._ended_over = (id, times + 1 if id == self._ended_over[0] else 1)
        return self._ended_over[1] >= _DEADLY


def _reason(error: OpenSyncError) -> str:
    if isinstance(error, Unauthenticated):
        return "Its API key was revoked or has expired, or its user was deleted."
    notes = "; ".join(getattr(error, "__notes__", ()))
    return f"{error.message} {notes}".strip()[:500]


async def _first(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of the events is set, for `seconds` at most."""
    tasks = {asyncio.create_task(event.wait()) for event in events}
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, and drop it when `stop` is set."""
    doing, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        doing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await doing
