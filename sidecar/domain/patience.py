"""How long a search may wait for what it can do without."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Final

MOST: Final = 1.0  # seconds; who takes longer is not waited for
LEAST: Final = 0.25  # of one that is usually quick: a busy moment is no failure
_USUAL: Final = 3  # times what was usual lately
_LATELY: Final = 20  # answers


class Patience:
    """Waits for what has answered lately, and for nothing that is in doubt.

    In doubt is what failed or was late last. It is tried again beside a search, with nobody
    waiting for it, and trusted again when it has answered in time.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` returns seconds that never go back."""
        self._now = now
        self._times: deque[float] = deque(maxlen=_LATELY)
        self._rest_until = float("-inf")
        self.doubt = ""
        """A sentence where it is in doubt."""

    @property
    def seconds(self) -> float:
        """How long to wait."""
        if self.doubt:
            return 0.0
        return min(MOST, max(LEAST, _USUAL * median(self._times))) if self._times else MOST

    @property
    def is_resting(self) -> bool:
        """Whether it is not even to be tried with nobody waiting."""
        return self._now() < self._rest_until

    def answered(self, seconds: float, late: str) -> None:
        """Note an answer; `late` is the doubt where it took too long."""
        self.doubt = late if seconds > MOST else ""
        if not self.doubt:
            self._times.append(seconds)

    def doubted(self, doubt: str, rest: float = 0.0) -> None:
        """Note that it was late, or failed; then it may be let alone for `rest` seconds."""
        self.doubt = doubt
        self._rest_until = self._now() + rest
