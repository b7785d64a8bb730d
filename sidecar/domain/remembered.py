"""What was looked up a moment ago, for a while and up to a number."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Values by key, each until a time of its own (Unix ms); beyond `most`, the oldest go."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[K, tuple[int, V]] = OrderedDict()

    def get(self, key: K, now: int) -> V | None:
        until, value = self._entries.get(key, (0, None))
        return value if now < until else None

    def put(self, key: K, value: V, until: int) -> None:
        self._entries[key] = (until, value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def forget(self, value: V) -> None:
        """Drop every entry with this value."""
        self._entries = OrderedDict((k, e) for k, e in self._entries.items() if e[1] != value)
