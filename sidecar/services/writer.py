"""Group commit: requests that arrive while a write is in flight share the next one."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import orjson
import stamina
import structlog
from prometheus_client import Counter, Histogram

from sidecar.domain.rows import MessageRows, Row
from sidecar.errors import (
    OpenSyncError,
    PocketBaseUnavailable,
    Unauthenticated,
    UpstreamError,
)
from sidecar.pocketbase.client import Json, PocketBase

logger = structlog.get_logger(__name__)

GROUP_BYTES = 8 * 1024 * 1024  # a group is closed when it is this large
PENDING_BYTES = 512 * 1024 * 1024  # beyond it new writes are refused for a while
_NOT_STORED = "The server could not store this. Send it again."
RETRY_SECONDS = 15.0  # how long a write waits for PocketBase to come back

GROUPS = Counter("opensync_ingest_groups_total", "Group commits sent to PocketBase.")
WRITES = Counter("opensync_ingest_writes_total", "Sync requests written.", ["result"])
GROUP_SECONDS = Histogram("opensync_ingest_group_seconds", "Time of one group commit.")


@dataclass(frozen=True)
class Write:
    """The rows of one request, already encoded, and on whose authority they are written."""

    user: str
    key: str | None
    sessions: bytes
    messages: bytes
    parts: bytes
    # Messages whose parts this write replaces; two such writes never share a group, because
    # their parts would mix.
    replaces: frozenset[str] = frozenset()
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.Future(), compare=False)

    @property
    def size(self) -> int:
        return len(self.sessions) + len(self.messages) + len(self.parts)


def encode(
    user: str, key: str | None, sessions: Iterable[Row], messages: Iterable[MessageRows]
) -> Write:
    """Return the rows of one request as a write, items in the order given.

    A session that several messages name is written once, unless the later row says more. Of a
    message that occurs twice, only the last list of parts counts.
    """
    rows: list[Row] = list(sessions)
    stubs: dict[bytes, None] = {}
    latest: dict[str, list[Row]] = {}
    messages = list(messages)
    for item in messages:
        stubs[orjson.dumps(item.session)] = None
        if item.parts is not None:
            latest[item.message["id"]] = item.parts
    encoded_messages = []
    for item in messages:
        message = item.message
        if item.parts is not None and item.parts is not latest[message["id"]]:
            message = {k: v for k, v in message.items() if k not in ("partCount", "partsHash")}
        encoded_messages.append(orjson.dumps(message))
    return Write(
        user=user,
        key=key,
        sessions=b",".join([*(orjson.dumps(row) for row in rows), *stubs]),
        messages=b",".join(encoded_messages),
        parts=b",".join(orjson.dumps(part) for parts in latest.values() for part in parts),
        replaces=frozenset(latest),
    )


class GroupWriter:
    """Hands writes to PocketBase's ingest hook, one group at a time, all or nothing each.

    `on_change` is told the ids of sessions that changed and how many realtime subscribers there
    are.

    `write` returns when the rows are stored. It raises Unauthenticated when the key was revoked
    or the user deleted meanwhile (the hook checks inside its transaction), PocketBaseUnavailable
    when PocketBase did not come back within RETRY_SECONDS, UpstreamError when it refuses the rows.
    """

    def __init__(
        self,
        pocketbase: PocketBase,
        *,
        on_change: Callable[[Sequence[str], int], None] = lambda sessions, subscribers: None,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._pocketbase = pocketbase
        self._on_change = on_change
        self._retry_seconds = retry_seconds
        self._pending: deque[Write] = deque()
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
        self._pending.append(write)
        self._held_bytes += write.size
        self._arrived.set()
        try:
            await write.done
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
            _settle(self._pending, UpstreamError(_NOT_STORED))
            self._pending.clear()
            raise
        finally:
            stopping.cancel()

    async def _write_next(self) -> None:
        group = self._next_group()
        try:
            await self._commit(group)
        finally:
            self._held_bytes -= sum(write.size for write in group)

    def _next_group(self) -> list[Write]:
        group: list[Write] = []
        replaced: set[str] = set()
        size = 0
        while self._pending:
            write = self._pending[0]
            if group and (size + write.size > GROUP_BYTES or replaced & write.replaces):
                break
            group.append(self._pending.popleft())
            replaced |= write.replaces
            size += write.size
        return group

    async def _commit(self, group: Sequence[Write]) -> None:
        """Write the group and settle the future of each of its writes."""
        try:
            result = await self._send(group)
        except PocketBaseUnavailable as exc:
            _settle(group, exc)
        except OpenSyncError as exc:
            await self._divide(group, exc)
        except BaseException as exc:
            # Cancelled, or a bug: whoever waits must not wait for ever.
            _settle(group, UpstreamError(_NOT_STORED))
            raise exc from None
        else:
            if result.get("refused"):
                await self._without(group, set(result["refused"]))
            else:
                _settle(group, None)
                self._on_change(result["changed"], result["subscribers"])

    async def _divide(self, group: Sequence[Write], error: OpenSyncError) -> None:
        """Find the write that PocketBase refuses, so that it does not fail the others."""
        if len(group) == 1:
            logger.error("PocketBase refused a write", action="write_refused", exc_info=error)
            _settle(group, error)
            return
        middle = len(group) // 2
        await self._commit(group[:middle])
        await self._commit(group[middle:])

    async def _without(self, group: Sequence[Write], writers: set[str]) -> None:
        """Refuse the writes of keys and users that are gone, and write the rest."""
        refused = [write for write in group if {write.key, write.user} & writers]
        if not refused:
            _settle(group, UpstreamError("The database gave an answer that is not understood."))
            return
        _settle(refused, Unauthenticated("Invalid API key"))
        rest = [write for write in group if write not in refused]
        if rest:
            await self._commit(rest)

    async def _send(self, group: Sequence[Write]) -> Json:
        body = _body(group)
        GROUPS.inc()
        async for attempt in stamina.retry_context(
            on=PocketBaseUnavailable,
            attempts=None,
            timeout=self._retry_seconds,
            wait_initial=0.1,
            wait_max=2.0,
            wait_jitter=0.1,  # one writer: nobody else would retry in the same instant
        ):
            with attempt, GROUP_SECONDS.time():
                response = await self._pocketbase.request(
                    "POST", "/api/opensync/ingest", content=body
                )
        return _understood(response.content)


def _understood(content: bytes) -> Json:
    try:
        result = orjson.loads(content)
    except orjson.JSONDecodeError:
        result = None
    if not isinstance(result, dict) or not ("refused" in result or "changed" in result):
        raise UpstreamError("The database gave an answer that is not understood.")
    return result


def _body(group: Sequence[Write]) -> bytes:
    head = {
        "keys": sorted({(write.key, write.user) for write in group if write.key is not None}),
        "users": sorted({write.user for write in group}),
    }
    lines = [orjson.dumps(head)]
    for rows in ("sessions", "messages", "parts"):
        encoded = (getattr(write, rows) for write in group)
        lines.append(b"[" + b",".join(filter(None, encoded)) + b"]")
    return b"\n".join(lines)


def _settle(group: Iterable[Write], error: OpenSyncError | None) -> None:
    for write in group:
        with contextlib.suppress(asyncio.InvalidStateError):
            if error is None:
                write.done.set_result(None)
            else:
                write.done.set_exception(error)
