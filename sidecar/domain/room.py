"""Who gets room for a request body next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class Body:
    """A request body that wants, or has, so many bytes of room."""

    user: str
    size: int


class Room:
    """Lets bodies in as long as all together, and those of each user, are within bounds.

    The next is one of whoever has the least inside; of equals, the first that came. When it does
    not fit yet, everybody waits with it, or smaller ones would slip past a large one for ever.
    Only what would go beyond its user's share is passed over, also by smaller ones of theirs.
    """

    def __init__(self, most: int, share: int) -> None:
        """`most` bytes for all, `share` of them for one user; no body is larger than the share."""
        self._most = most
        self._share = share
        self._waiting: dict[Body, None] = {}  # in the order in which they came
        self._inside: set[Body] = set()
        self._taken = Counter[str]()

    @property
    def taken(self) -> int:
        """Bytes of the bodies that are inside."""
        return self._taken.total()

    def join(self, body: Body) -> None:
        """Have a body wait for its turn."""
        self._waiting[body] = None

    def let_in(self) -> Body | None:
        """Let the next one in and return it; None when nobody's turn has come."""
        entitled: dict[str, Body] = {}
        for body in self._waiting:
            if self._taken[body.user] + body.size <= self._share:
                entitled.setdefault(body.user, body)
        # `min` returns the first of equals.
        chosen = min(entitled.values(), key=lambda body: self._taken[body.user], default=None)
        if chosen is None or self.taken + chosen.size > self._most:
            return None
        del self._waiting[chosen]
        self._inside.add(chosen)
        self._taken[chosen.user] += chosen.size
        return chosen

    def leave(self, body: Body) -> None:
        """Forget a body, whether it waits or is inside."""
        self._waiting.pop(body, None)
        if body not in self._inside:
            return
        self._inside.remove(body)
        self._taken[body.user] -= body.size
        if not self._taken[body.user]:
            del self._taken[body.user]
