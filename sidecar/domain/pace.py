"""How often somebody may do something: at once for a while, then at a steady rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_KNOWN: Final = 10_000  # names that are remembered at once


class Pace:
    """Gives everybody their turns, and tells how long it is until the next (GCRA).

    Of a name only one number is kept: when all turns it has taken would be over, were they taken
    at the steady rate. Who is no further ahead of that than a burst does not wait.
    """

    def __init__(self, now: Callable[[], float], *, rate: float, burst: float) -> None:
        """`rate` is turns a second, `burst` turns that need no waiting; `now` never goes back."""
        self._now = now
        self._interval = 1 / rate
        self._ahead = (burst - 1) * self._interval
        self._over: OrderedDict[str, float] = OrderedDict()

    def turn(self, name: str, patience: float) -> float:
        """Return the seconds until the next turn of `name`, which is taken unless it is later than
        `patience`."""
        now = self._now()
        over = max(now, self._over.get(name, now))
        wait = max(0.0, over - self._ahead - now)
        if wait <= patience:
            self._over[name] = over + self._interval
            self._over.move_to_end(name)
            self._forget(now)
        return wait

    def _forget(self, now: float) -> None:
        """Drop the names that took a turn longest ago: all that have none left, or are too many."""
        while self._over:
            name, over = next(iter(self._over.items()))
            if over > now and len(self._over) <= _KNOWN:
                return
            del self._over[name]
