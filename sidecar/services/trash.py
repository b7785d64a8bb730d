"""The trash: what is in it, back from it, and out of it for good."""

from __future__ import annotations

import asyncio
from typing import Final

from sidecar.domain.cleanup import DAY_MS, TrashSelection
from sidecar.domain.clock import Clock
from sidecar.pocketbase.client import Json, PocketBase
from sidecar.services.jobs import JobService

_ROUTE: Final = "/api/opensync/trash"
_STEP: Final = 1_000  # records: some 10 ms
_REST: Final = 0.1  # seconds between steps, for sync


class TrashService:
    """Entries are their owner's, in the collection `trash`."""

    def __init__(
        self, pocketbase: PocketBase, jobs: JobService, clock: Clock, *, days: int
    ) -> None:
        self._pocketbase = pocketbase
        self._jobs = jobs
        self._clock = clock
        self._days = days

    async def summary(self, user: str) -> Json:
        """Return how many sessions and bytes the user has here, and for how many days."""
        found = await self._pocketbase.send("POST", f"{_ROUTE}?do=summary", {"user": user})
        return {"days": self._days, **found}

    async def restore(self, user: str, selection: TrashSelection) -> Json:
        """Put sessions back in the background; return the job."""
        return await self._jobs.create(user, "restoreSessions", selection.conditions())

    async def empty(self, user: str, selection: TrashSelection) -> Json:
        """Delete for good in the background; return the job."""
        return await self._jobs.create(user, "emptyTrash", selection.conditions())

    async def expire(self) -> None:
        """Delete for good what has been here for long enough, of everybody."""
        body = {"before": self._clock.now() - self._days * DAY_MS, "size": _STEP}
        while True:
            done = await self._pocketbase.send("POST", f"{_ROUTE}?do=expire", body)
            if done["isFinished"]:
                return
            await asyncio.sleep(_REST)
