"""Time and order, injected wherever they matter."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime


def system_now() -> int:
    """Return the time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def iso(milliseconds: int) -> str:
    """Return the time as ISO 8601, such as 2026-01-31T09:30:00Z, or '' where it is not known."""
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if milliseconds > 0 else ""


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
