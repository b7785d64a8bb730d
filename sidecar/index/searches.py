"""Which searches are under way, for what must not happen beneath them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Searches:
    """Lets a writer wait until nobody reads any more what it took out of sight."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: set[int] = set()
        self._next = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count a search as under way."""
        with self._changed:
            number = self._next
            self._next += 1
            self._running.add(number)
        try:
            yield
        finally:
            with self._changed:
                self._running.discard(number)
                self._changed.notify_all()

    def wait_for_running(self) -> None:
        """Return when the searches that run now have ended; later ones may run on."""
        with self._changed:
            later = self._next
            self._changed.wait_for(lambda: min(self._running, default=later) >= later)
