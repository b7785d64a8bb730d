"""One group of writes to PocketBase: all of it or, of a group it refuses, all but the culprits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import orjson
import structlog
from prometheus_client import Counter, Histogram

from sidecar.domain.writes import Write
from sidecar.errors import (
    NotFound,
    OpenSyncError,
    PocketBaseUnavailable,
    Unauthenticated,
    UpstreamError,
)
from sidecar.pocketbase.client import Json, PocketBase

logger = structlog.get_logger(__name__)

GROUPS = Counter("opensync_ingest_groups_total", "Group commits sent to PocketBase.")
GROUP_SECONDS = Histogram("opensync_ingest_group_seconds", "Time of one group commit.")

_LONGEST: Final = 300.0  # of one group; who cannot wait so long gives up sooner
_NOT_UNDERSTOOD: Final = "The database gave an answer that is not understood."

Decide = Callable[[Write, OpenSyncError | None], None]
"""Told of each write that it was stored, or why it never will be."""


class Committer:
    """Hands groups to the ingest hook, one at a time.

    `turn` numbers the attempts. PocketBase refuses one that comes later than a higher number: it
    was given up here while it hung there, and must not undo what was written since.
    """

    def __init__(
        self,
        pocketbase: PocketBase,
        *,
        turn: Callable[[], tuple[str, str] | None] = lambda: None,
        on_change: Callable[[Sequence[str], int], None] = lambda sessions, subscribers: None,
    ) -> None:
        """`on_change` is told which sessions changed, and the number of realtime subscribers."""
        self._pocketbase = pocketbase
        self._turn = turn
        self._on_change = on_change
        self._one = asyncio.Lock()

    async def commit(self, group: Sequence[Write], decide: Decide) -> None:
        """Write the group, dividing it until only what PocketBase refuses is left out.

        Raises PocketBaseUnavailable when it is away; of what was not decided by then, nothing is
        known.
        """
        try:
            result = await self._send(group)
            gone = _of(group, result["refused"]) if result.get("refused") else []
        except PocketBaseUnavailable:
            raise
        except OpenSyncError as exc:
            await self._divide(group, exc, decide)
            return
        for write in gone:
            decide(write, Unauthenticated("Invalid API key"))
        if gone:
            rest = [write for write in group if write not in gone]
            if rest:
                await self.commit(rest, decide)
            return
        for write in group:
            decide(write, None)
        self._on_change(result["changed"], result["subscribers"])

    async def answers(self) -> bool:
        """Tell whether PocketBase is there at all."""
        return await self._pocketbase.healthy()

    async def _divide(self, group: Sequence[Write], error: OpenSyncError, decide: Decide) -> None:
        """Find the write that PocketBase refuses, so that it does not fail the others."""
        if len(group) == 1:
            logger.error("PocketBase refused a write", action="write_refused", exc_info=error)
            decide(group[0], error)
            return
        middle = len(group) // 2
        await self.commit(group[:middle], decide)
        await self.commit(group[middle:], decide)

    async def _send(self, group: Sequence[Write]) -> Json:
        async with self._one:
            GROUPS.inc()
            with GROUP_SECONDS.time():
                try:
                    response = await self._pocketbase.request(
                        "POST",
                        "/api/opensync/ingest",
                        content=_body(group, self._turn()),
                        seconds=_LONGEST,
                    )
                except NotFound as exc:
                    raise PocketBaseUnavailable(
                        "The database runs without its hooks. Try again in a few minutes."
                    ) from exc
        return _understood(response.content)


def _of(group: Sequence[Write], writers: Sequence[str]) -> list[Write]:
    """Return the writes of keys and users that are gone."""
    found = [write for write in group if {write.key, write.user} & set(writers)]
    if not found:
        raise UpstreamError(_NOT_UNDERSTOOD)
    return found


def _understood(content: bytes) -> Json:
    try:
        result = orjson.loads(content)
    except orjson.JSONDecodeError:
        result = None
    if not isinstance(result, dict) or not ("refused" in result or "changed" in result):
        raise UpstreamError(_NOT_UNDERSTOOD)
    return result


def _body(group: Sequence[Write], turn: tuple[str, str] | None) -> bytes:
    head = {
        "keys": sorted({(write.key, write.user) for write in group if write.key is not None}),
        "users": sorted({write.user for write in group}),
        "turn": turn,
    }
    lines = [orjson.dumps(head)]
    for rows in ("sessions", "messages", "parts"):
        encoded = (getattr(write, rows) for write in group)
        lines.append(b"[" + b",".join(filter(None, encoded)) + b"]")
    return b"\n".join(lines)
