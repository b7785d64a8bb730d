"""The request log: rows of `apiLogs`, written in batches off the request path."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from typing import Final, TypedDict

import orjson
import structlog
from prometheus_client import Counter, Gauge

from sidecar.domain.clock import Clock
from sidecar.errors import OpenSyncError
from sidecar.pocketbase.client import PocketBase

logger = structlog.get_logger(__name__)

PENDING = Gauge("opensync_request_log_pending", "Rows that wait to be written.")
DROPPED = Counter("opensync_request_log_dropped_total", "Rows dropped because PocketBase was away.")

_EVERY: Final = 1.0  # seconds between batches
_BATCH: Final = 2_000
_HELD: Final = 20_000  # rows kept while PocketBase is away; the oldest go first
_DAY_MS: Final = 86_400_000


class LogRow(TypedDict):
    """One authenticated request. Times in ms."""

    user: str
    apiKey: str
    endpoint: str
    method: str
    statusCode: int
    responseTimeMs: float
    createdAt: int


class RequestLog:
    """Collects rows and hands them to PocketBase about once a second."""

    def __init__(self, pocketbase: PocketBase, clock: Clock, *, keep_days: int) -> None:
        self._pocketbase = pocketbase
        self._clock = clock
        self._keep_ms = keep_days * _DAY_MS
        self._rows: deque[LogRow] = deque()
        self._flushing = asyncio.Lock()

    def add(self, row: LogRow) -> None:
        if len(self._rows) >= _HELD:
            self._rows.popleft()
            DROPPED.inc()
        self._rows.append(row)
        PENDING.set(len(self._rows))

    async def run(self, stop: asyncio.Event) -> None:
        """Write batches until `stop` is set, then what is left."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EVERY):
                    await stop.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write all rows held now. Rows stay held while PocketBase does not take them."""
        async with self._flushing:
            while self._rows:
                batch = list(itertools.islice(self._rows, _BATCH))
                if not await self._write(batch):
                    return
                for row in batch:
                    # Rows beyond the limit may have been dropped from the front meanwhile.
                    if self._rows and self._rows[0] is row:
                        self._rows.popleft()
                PENDING.set(len(self._rows))

    async def _write(self, batch: list[LogRow]) -> bool:
        body = {"rows": batch, "before": self._clock.now() - self._keep_ms}
        try:
            await self._pocketbase.request("POST", "/api/opensync/log", content=orjson.dumps(body))
        except OpenSyncError as exc:
            logger.warning(
                "The request log could not be written",
                action="request_log_kept",
                rows=len(self._rows),
                cause=type(exc).__name__,
            )
            return False
        return True
