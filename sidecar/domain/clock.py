"""Time and order, injected wherever they matter."""

from __future__ import annotations

import time
from collections.abc import Callable


def system_now() -> int:
    """Return the time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Clock:
    """Unix milliseconds, and arrival numbers that never repeat or go back in one process."""

    def __init__(self, now: Callable[[], int] = system_now) -> None:
        self.now = now
        self._last = 0

    def arrival(self) -> int:
        """Return a number larger than all before it: microseconds where the clock allows.

        Below 2**53 until the year 2255, so PocketBase and JavaScript hold it exactly.
        """
        self._last = max(self._last + 1, self.now() * 1000)
        return self._last
