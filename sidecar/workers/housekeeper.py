"""Does what is to be done from time to time: rules that are due, trash that has expired.

When something is due is decided from what is stored, so nothing is missed while the sidecar is
down and nothing is done twice because it started again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from prometheus_client import Counter

from sidecar.errors import OpenSyncError

logger = structlog.get_logger(__name__)

FAILURES = Counter("opensync_chore_failures_total", "Chores that were put off by an error.")

Chore = Callable[[], Awaitable[None]]

_EVERY: Final = 60.0  # seconds between two looks at what is due


class Housekeeper:
    """Does all chores, one after the other, every minute."""

    def __init__(self, chores: Sequence[Chore], *, every: float = _EVERY) -> None:
        self._chores = chores
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            for chore in self._chores:
                await _done(chore)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await stop.wait()


async def _done(chore: Chore) -> None:
    try:
        await chore()
    except OpenSyncError as exc:
        FAILURES.inc()
        logger.warning("A chore waits", action="chore_waits", cause=type(exc).__name__)
