"""A background task that is asked to stop, finishes what it holds, and is watched."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter

logger = structlog.get_logger(__name__)

CRASHES = Counter("opensync_worker_crashes_total", "Crashes of background tasks.", ["worker"])

_LONGEST_PAUSE = 30.0


class Supervised:
    """Runs `main` until it returns; a crash is logged, counted and followed by a new start.

    `main` gets an event that is set when it should finish. On exit it has `grace` seconds for
    that, then it is cancelled. Pauses between restarts double from `retry_in` to half a minute.
    """

    def __init__(
        self,
        name: str,
        main: Callable[[asyncio.Event], Awaitable[None]],
        *,
        retry_in: float = 0.5,
        grace: float = 10.0,
    ) -> None:
        self.name = name
        self._crashes = CRASHES.labels(name)  # there from the start, as 0
        self.crashes = 0
        self.last_error: str | None = None
        self._main = main
        self._retry_in = retry_in
        self._grace = grace
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Supervised:
        self._task = asyncio.create_task(self._run(), name=self.name)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._stop.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=self._grace)
        if not done:
            logger.warning("Worker did not finish in time", action="worker_cut", worker=self.name)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        pause = self._retry_in
        while not self._stop.is_set():
            try:
                await self._main(self._stop)
                return
            except Exception as exc:
                self.crashes += 1
                self._crashes.inc()
                self.last_error = type(exc).__name__
                logger.exception("Worker crashed", action="worker_crashed", worker=self.name)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stop.wait()
            pause = min(pause * 2, _LONGEST_PAUSE)
