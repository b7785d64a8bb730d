"""Works on jobs, a step at a time: small ones, with rests between, so that sync goes on beside it.

What is to be done and how far it has come is in the database; a step that was not answered is
simply asked for again, and at a start the worker goes on with what is unfinished.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from sidecar.errors import OpenSyncError, PocketBaseUnavailable
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.filters import bind

logger = structlog.get_logger(__name__)

STEPS = Counter("opensync_job_steps_total", "Steps of jobs that were done.")
FAILURES = Counter("opensync_job_step_failures_total", "Steps of jobs that failed.")
UNFINISHED = Gauge("opensync_jobs_unfinished", "Jobs that wait or are in work, up to 100.")

_ROUTE: Final = "/api/opensync/jobs"
_STEP_MS: Final = 40  # that a step should take: a sync request may have to wait for it
_SHORTEST_REST: Final = 0.05  # seconds; otherwise as long as the step took
_TELL: Final = 0.25  # seconds between two events of progress
_FIRST, _LEAST, _MOST = 50, 20, 500  # messages a step
_ATTEMPTS: Final = 5
_AWAY: Final = 2.0  # seconds between tries while PocketBase is away

_FAILED: Final = (
    "The database refuses to go on; the server's log says why. What is done so far stays done; "
    "start it again for the rest."
)


class JobRunner:
    """Runs every unfinished job, the oldest first, after it has been nudged.

    `on_deleted` is told the user whose account went, also where the last answer was lost: then the
    job is no longer there. Whose deletion was stopped or failed is not told.
    """

    def __init__(self, pocketbase: PocketBase, *, on_deleted: Callable[[str], None]) -> None:
        self._pocketbase = pocketbase
        self._on_deleted = on_deleted
        self._nudged = asyncio.Event()
        self._nudged.set()  # what a process before this one has left
        self._size = _FIRST
        self._told: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._leaving: dict[str, str] = {}  # jobs that delete an account, and whose

    def nudge(self) -> None:
        """Note that there is a new job."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. What then is left, the next start goes on with."""
        while not stop.is_set():
            await _either(self._nudged, stop)
            self._nudged.clear()
            while not stop.is_set():
                try:
                    jobs = await self._unfinished()
                except OpenSyncError as exc:
                    self._warn(exc)
                    await _rest(stop, _AWAY)
                    continue
                if not jobs:
                    break
                # In turns, so that a small job does not wait for a large one of somebody else.
                for job in jobs:
                    if not stop.is_set():
                        await _rest(stop, await self._step(job))

    async def _unfinished(self) -> list[str]:
        found = await self._pocketbase.page(
            "jobs", "finishedAt = 0", sort="createdAt", limit=100, fields="id,user,kind"
        )
        UNFINISHED.set(len(found))
        jobs = [str(record["id"]) for record in found]
        for job in set(self._leaving) - set(jobs):
            await self._left(job)
        self._leaving |= {
            str(record["id"]): str(record["user"])
            for record in found
            if record["kind"] == "deleteAccount"
        }
        return jobs

    async def _step(self, job: str) -> float:
        """Do a step of a job; return the seconds to rest."""
        began = time.monotonic()
        tell = began - self._told.get(job, -math.inf) >= _TELL
        try:
            done = await self._pocketbase.send(
                "POST", f"{_ROUTE}?do=step", {"id": job, "size": self._size, "tell": tell}
            )
        except PocketBaseUnavailable as exc:
            self._warn(exc)
            return _AWAY
        except OpenSyncError as exc:
            return await self._failed(job, exc)
        STEPS.inc()
        if tell:
            self._told[job] = began
        if done["isFinished"]:
            self._forget(job)
            with contextlib.suppress(OpenSyncError):  # it is looked at again with the next list
                await self._left(job)
            return 0.0
        self._failures.pop(job, None)
        ms = int(done["ms"])
        self._size = _better(self._size, ms)
        return max(_SHORTEST_REST, ms / 1000)

    async def _failed(self, job: str, exc: OpenSyncError) -> float:
        FAILURES.inc()
        failures = self._failures[job] = self._failures.get(job, 0) + 1
        logger.error("A step of a job failed", action="job_step_failed", job=job, exc_info=exc)
        self._size = _LEAST
        if failures >= _ATTEMPTS:
            with contextlib.suppress(OpenSyncError):
                await self._pocketbase.send(
                    "POST", f"{_ROUTE}?do=fail", {"id": job, "error": _FAILED}
                )
                self._forget(job)
        return _AWAY

    def _forget(self, job: str) -> None:
        self._told.pop(job, None)
        self._failures.pop(job, None)

    async def _left(self, job: str) -> None:
        """Tell of the account that went with a job: one that was stopped or failed leaves it."""
        if user := self._leaving.get(job, ""):
            wanted = bind("id = {:id}", id=user)
            if await self._pocketbase.first("users", wanted, fields="id") is None:
                self._on_deleted(user)
            del self._leaving[job]

    def _warn(self, exc: OpenSyncError) -> None:
        logger.warning("Jobs wait", action="jobs_wait", cause=type(exc).__name__)


def _better(size: int, ms: int) -> int:
    """Return a size at which a step takes about as long as it should; it grows slowly."""
    wanted = size * _STEP_MS / max(ms, 1)
    return round(min(_MOST, max(_LEAST, min(wanted, size * 1.25))))


async def _either(event: asyncio.Event, stop: asyncio.Event) -> None:
    waits = [asyncio.create_task(each.wait(), name="jobs wait") for each in (event, stop)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
