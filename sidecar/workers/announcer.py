"""Tells realtime subscribers which sessions changed, apart from the writing of them.

PocketBase checks its rules anew for each event and each subscriber, about 0.2 ms a pair. Inside
the ingest transaction that would be time every plugin waits for; here it runs beside the writing,
and a session that changes again while its event waits is announced once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from sidecar.errors import OpenSyncError
from sidecar.pocketbase.client import PocketBase

logger = structlog.get_logger(__name__)

ANNOUNCED = Counter("opensync_announced_sessions_total", "Sessions announced to subscribers.")
LOST = Counter("opensync_announcements_lost_total", "Sessions whose change could not be announced.")
PENDING = Gauge("opensync_announcer_pending", "Changed sessions that wait to be announced.")
SUBSCRIBERS = Gauge(
    "opensync_realtime_subscribers", "Browsers that listened when something was last written."
)

_PAIRS_AT_ONCE: Final = 64  # sessions times subscribers a turn: about 12 ms of PocketBase's time


class Announcer:
    """Announces sessions in the order in which they first changed, each once a turn."""

    def __init__(self, pocketbase: PocketBase) -> None:
        self._pocketbase = pocketbase
        self._waiting: dict[str, None] = {}
        self._subscribers = 1
        self._arrived = asyncio.Event()

    def add(self, sessions: Iterable[str], subscribers: int) -> None:
        """Note sessions that changed, and how many are connected; with nobody there, nothing."""
        SUBSCRIBERS.set(subscribers)
        if not subscribers:
            return
        self._subscribers = subscribers
        self._waiting |= dict.fromkeys(sessions)
        PENDING.set(len(self._waiting))
        if self._waiting:
            self._arrived.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Announce until `stop` is set. What then waits is dropped: nobody will be connected."""
        stopping = asyncio.create_task(stop.wait(), name="announcer stop")
        try:
            while not stop.is_set():
                arrival = asyncio.create_task(self._arrived.wait(), name="announcer arrival")
                await asyncio.wait({arrival, stopping}, return_when=asyncio.FIRST_COMPLETED)
                arrival.cancel()
                self._arrived.clear()
                while self._waiting and not stop.is_set():
                    await self._announce(self._take())
        finally:
            stopping.cancel()

    def _take(self) -> list[str]:
        # Few at a time while many listen, so that a session does not wait for all others.
        sessions = list(self._waiting)[: max(1, _PAIRS_AT_ONCE // self._subscribers)]
        for session in sessions:
            del self._waiting[session]
        PENDING.set(len(self._waiting))
        return sessions

    async def _announce(self, sessions: list[str]) -> None:
        try:
            await self._pocketbase.send("POST", "/api/opensync/announce", {"sessions": sessions})
        except OpenSyncError as exc:
            LOST.inc(len(sessions))
            # Whoever is connected loses the stream too, and reads afresh when it is back.
            logger.warning(
                "Changes could not be announced",
                action="announcement_lost",
                sessions=len(sessions),
                cause=type(exc).__name__,
            )
        else:
            ANNOUNCED.inc(len(sessions))
