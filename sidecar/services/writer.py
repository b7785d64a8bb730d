"""Group commit: requests that arrive while a write is in flight share the next one.

What PocketBase does not take in time goes to the spool, and everything behind it, too, until the
spool is empty again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

import stamina
import structlog
from prometheus_client import Counter, Gauge

from sidecar.domain.writes import Write, group_length
from sidecar.errors import OpenSyncError, PocketBaseUnavailable, UpstreamError
from sidecar.pocketbase.ingest import Committer
from sidecar.spool.spool import Spool

logger = structlog.get_logger(__name__)

PENDING_BYTES = 512 * 1024 * 1024  # beyond it new writes are refused for a while
_NOT_STORED = "The server could not store this. Send it again."
_BYTES_A_SECOND = 4 * 1024 * 1024  # that PocketBase may take for what is large

WRITES = Counter("opensync_ingest_writes_total", "Sync requests written.", ["result"])
PENDING = Gauge("opensync_ingest_pending", "Sync requests that wait for the next group.")
PENDING_SIZE = Gauge("opensync_ingest_pending_bytes", "Bytes of sync requests that are held.")


class GroupWriter:
    """Stores writes in the order in which they came, one group at a time.

    `write` returns when PocketBase has stored the rows or the spool keeps them. It raises
    Unauthenticated when the key was revoked or the user deleted meanwhile (the hook checks inside
    its transaction), UpstreamError when PocketBase refuses the rows, and PocketBaseUnavailable when
    it is away and the spool cannot keep them either.
    """

    def __init__(
        self,
        committer: Committer,
        spool: Spool,
        *,
        patience: float,
        on_kept: Callable[[], None] = lambda: None,
    ) -> None:
        """`patience` is how many seconds PocketBase has for a group before the spool gets it.

        `on_kept` is told when the spool got one.
        """
        self._committer = committer
        self._spool = spool
        self._patience = patience
        self._on_kept = on_kept
        self._pending: deque[Write] = deque()
        self._answers: dict[Write, asyncio.Future[None]] = {}
        self._held_bytes = 0
        self._arrived = asyncio.Event()
        self._closing = False

    @property
    def pending(self) -> int:
        """Number of writes that wait for the next group."""
        return len(self._pending)

    async def write(self, write: Write) -> None:
        if self._closing or self._held_bytes + write.size > PENDING_BYTES:
            raise PocketBaseUnavailable(
                "The server has more to write than it can hold. Try again in a few seconds."
            )
        answer = self._answers[write] = asyncio.get_running_loop().create_future()
        self._pending.append(write)
        self._held_bytes += write.size
        self._tell()
        self._arrived.set()
        try:
            await answer
        except OpenSyncError as exc:
            WRITES.labels(type(exc).__name__).inc()
            raise
        WRITES.labels("stored").inc()

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop` is set and nothing is pending any more."""
        stopping = asyncio.create_task(stop.wait(), name="writer stop")
        try:
            while True:
                if not self._pending:
                    if stop.is_set():
                        self._closing = True
                        return
                    arrival = asyncio.create_task(self._arrived.wait(), name="writer arrival")
                    await asyncio.wait({arrival, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    arrival.cancel()
                    self._arrived.clear()
                    continue
                await self._write_next()
        except asyncio.CancelledError:
            # Cut off for good: whoever waits must not wait for a writer that is gone.
            self._closing = True
            self._settle(self._pending, UpstreamError(_NOT_STORED))
            self._pending.clear()
            raise
        finally:
            stopping.cancel()

    async def _write_next(self) -> None:
        group = [self._pending.popleft() for _ in range(group_length(self._pending))]
        self._tell()
        undecided = dict.fromkeys(group)
        try:
            # What waits in the spool came earlier, so this has to go behind it.
            if not self._spool.state.counts.waiting:
                await self._commit(undecided)
            if undecided:
                await self._keep(undecided)
        except OpenSyncError as exc:
            self._settle(undecided, exc)
        except BaseException as exc:
            # Cancelled, or a bug: whoever waits must not wait for ever.
            self._settle(undecided, UpstreamError(_NOT_STORED))
            raise exc from None
        finally:
            self._held_bytes -= sum(write.size for write in group)
            self._tell()

    async def _commit(self, undecided: dict[Write, None]) -> None:
        """Have PocketBase store the writes, and leave in `undecided` what it gave no answer to."""
        size = sum(write.size for write in undecided)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience + size / _BYTES_A_SECOND):
                async for attempt in stamina.retry_context(
                    on=PocketBaseUnavailable,
                    attempts=None,
                    timeout=None,
                    wait_initial=0.1,
                    wait_max=1.0,
                    wait_jitter=0.1,  # one writer: nobody else would retry in the same instant
                ):
                    with attempt:
                        await self._committer.commit(
                            list(undecided), partial(self._decide, undecided)
                        )

    def _decide(
        self, undecided: dict[Write, None], write: Write, error: OpenSyncError | None
    ) -> None:
        del undecided[write]
        self._settle([write], error)

    async def _keep(self, undecided: dict[Write, None]) -> None:
        if not self._spool.state.counts.waiting:
            logger.warning("PocketBase is away: sync goes to the spool", action="spooling")
        await self._spool.append(list(undecided))
        self._on_kept()
        self._settle(undecided, None)

    def _settle(self, writes: Iterable[Write], error: OpenSyncError | None) -> None:
        for write in writes:
            answer = self._answers.pop(write)
            # Whoever hung up has cancelled it.
            with contextlib.suppress(asyncio.InvalidStateError):
                if error is None:
                    answer.set_result(None)
                else:
                    answer.set_exception(error)

    def _tell(self) -> None:
        PENDING.set(len(self._pending))
        PENDING_SIZE.set(self._held_bytes)
