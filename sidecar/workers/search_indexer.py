"""Has PocketBase index for full text what was written, apart from the writing of it.

Indexing a text takes longer than storing it. Searches work the queue off themselves before they
answer, so this worker is only about their speed; it takes at most a fifth of PocketBase's time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

import structlog
from prometheus_client import Gauge

from sidecar.errors import OpenSyncError
from sidecar.pocketbase.client import PocketBase

logger = structlog.get_logger(__name__)

PENDING = Gauge(
    "opensync_text_index_pending", "Sessions and messages that wait to be indexed for full text."
)

_SLICE_MS: Final = 50  # of indexing at a time
_PAUSE: Final = 0.25  # seconds, for more to come
_SHARE: Final = 4  # rests for each stretch of work


class SearchIndexer:
    """Works off the queue of the full-text index after it has been nudged."""

    def __init__(self, pocketbase: PocketBase) -> None:
        self._pocketbase = pocketbase
        self._nudged = asyncio.Event()
        self._nudged.set()  # rows from before the index, or from before the last stop, may wait

    def nudge(self) -> None:
        """Note that something was written."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Index until `stop` is set. What then is left, the next search indexes."""
        stopping = asyncio.create_task(stop.wait(), name="search indexer stop")
        try:
            while not stop.is_set():
                nudge = asyncio.create_task(self._nudged.wait(), name="search indexer nudge")
                await asyncio.wait({nudge, stopping}, return_when=asyncio.FIRST_COMPLETED)
                nudge.cancel()
                self._nudged.clear()
                left, worked = 1, 0.0
                while left and not stop.is_set():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(max(_PAUSE, worked * _SHARE)):
                            await stop.wait()
                    began = time.monotonic()
                    left = await self._index()
                    worked = time.monotonic() - began
        finally:
            stopping.cancel()

    async def _index(self) -> int:
        """Index for a moment and return how many records are left."""
        try:
            response = await self._pocketbase.send(
                "POST", f"/api/opensync/search/prepare?ms={_SLICE_MS}", {}
            )
        except OpenSyncError as exc:
            logger.warning(
                "The full-text index waits", action="indexing_waits", cause=type(exc).__name__
            )
            return 0
        remaining = int(response["remaining"])
        PENDING.set(remaining)
        return remaining
