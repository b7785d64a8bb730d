"""How often a key, a user and an address may ask.

Plugins do not send again what was refused, so a request beyond the rate waits for its turn first;
only one whose turn is too far away is answered 429.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Final
from weakref import WeakValueDictionary

from prometheus_client import Counter

from sidecar.config import Settings
from sidecar.domain.pace import Pace
from sidecar.domain.principal import Principal
from sidecar.errors import TooMany

BURST_SECONDS: Final = 20  # turns of so many seconds need no waiting
MOST_WAITING: Final = 2_000  # requests, each of which holds a connection

LIMITED = Counter(
    "opensync_rate_limited_total",
    "Requests beyond a rate limit: delayed, or refused with 429.",
    ["kind", "outcome"],
)


class Limits:
    """Holds requests up that come faster than they may. Raises TooMany where waiting is no use."""

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._patience = settings.rate_delay_seconds
        self._sleep = sleep
        self._waiting = 0
        rates = {
            "sync": settings.rate_sync,
            "read": settings.rate_read,
            "wrong_key": settings.rate_wrong_keys,
        }
        self._paces = {
            kind: Pace(now, rate=rate, burst=max(1.0, rate * BURST_SECONDS))
            for kind, rate in rates.items()
            if rate
        }
        for kind in rates:
            for outcome in ("delayed", "refused"):
                LIMITED.labels(kind, outcome)  # there from the start, as 0

    async def sync(self, principal: Principal) -> None:
        """Wait for the turn of a key to write."""
        await self._turn("sync", principal.key.id if principal.key else principal.user)

    async def read(self, principal: Principal) -> None:
        """Wait for the turn of a user to do anything else."""
        await self._turn("read", principal.user)

    async def wrong_key(self, address: str) -> None:
        """Count a wrong key, and hold its answer up where there were too many from the address.

        Only wrong keys come here: whoever shares the address and has a right one is not held up.
        """
        await self._turn("wrong_key", address)

    async def _turn(self, kind: str, name: str) -> None:
        pace = self._paces.get(kind)
        if pace is None:
            return
        patience = self._patience if self._waiting < MOST_WAITING else 0.0
        wait = pace.turn(name, patience)
        if wait > patience:
            LIMITED.labels(kind, "refused").inc()
            raise TooMany(
                "Too many requests. Send them more slowly.", max(1, math.ceil(wait - patience))
            )
        if not wait:
            return
        LIMITED.labels(kind, "delayed").inc()
        self._waiting += 1
        try:
            await self._sleep(wait)
        finally:
            self._waiting -= 1


class Places:
    """Lets everybody do so much at a time: `async with places.of(name)` waits for a place."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = WeakValueDictionary[str, asyncio.Semaphore]()

    def of(self, name: str) -> asyncio.Semaphore:
        places = self._taken.get(name)
        if places is None:
            places = self._taken[name] = asyncio.Semaphore(self._most)
        return places
