"""Room for the bodies of requests, from their first bytes until their rows are made.

Plugins do not send again what was refused, so a body that finds no room waits for it first.
"""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import Counter, Gauge

from sidecar.config import Settings
from sidecar.domain.room import Body, Room
from sidecar.errors import NoRoom

SMALL: Final = 64 * 1024
"""Bytes of a body that need no room: the HTTP server reads as much ahead of every connection, and
connections are limited. So the messages of live sessions wait behind no upload, however slow."""

TAKEN = Gauge("opensync_body_room_bytes", "Room that request bodies have.")
WAITING = Gauge("opensync_body_room_waiting", "Request bodies that wait for room.")
HELD_UP = Counter(
    "opensync_body_room_held_up_total",
    "Request bodies that found no room: delayed, or refused with 503.",
    ["outcome"],
)


class Bodies:
    """The room of all bodies together, half of which one user may have."""

    def __init__(self, settings: Settings) -> None:
        largest = settings.max_body_bytes
        most = max(settings.body_room_bytes, largest)
        self._room = Room(most, share=max(most // 2, largest))
        self._patience = settings.rate_delay_seconds
        self._turns: dict[Body, asyncio.Future[None]] = {}
        for outcome in ("delayed", "refused"):
            HELD_UP.labels(outcome)  # there from the start, as 0

    def place(self, user: str) -> Place:
        """Return a place for one body of a user. It has no room yet."""
        return Place(self, user)

    async def enter(self, body: Body) -> None:
        """Wait until a body may come in. Raises NoRoom where that takes too long."""
        turn = self._turns[body] = asyncio.get_running_loop().create_future()
        self._room.join(body)
        self._let_in()
        if turn.done():
            return
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError as exc:
            self.leave(body)
            HELD_UP.labels("refused").inc()
            raise NoRoom(
                "The server holds as many large requests as it can. Send it again in a few seconds."
            ) from exc
        except BaseException:
            self.leave(body)
            raise
        HELD_UP.labels("delayed").inc()

    def leave(self, body: Body) -> None:
        """Let a body out, or out of the queue."""
        self._turns.pop(body, None)
        self._room.leave(body)
        self._let_in()

    def _let_in(self) -> None:
        while (body := self._room.let_in()) is not None:
            turn = self._turns.pop(body)
            # Whoever has given up is about to leave.
            if not turn.done():
                turn.set_result(None)
        TAKEN.set(self._room.taken)
        WAITING.set(len(self._turns))


class Place:
    """Room of one body: none, then all that it may need, so that no two wait for each other."""

    def __init__(self, bodies: Bodies, user: str) -> None:
        self._bodies = bodies
        self._user = user
        self._body: Body | None = None

    async def take(self, size: int) -> None:
        """Wait for so many bytes of room, unless there is some already. Raises NoRoom."""
        if self._body is None:
            body = Body(self._user, size)
            await self._bodies.enter(body)
            self._body = body

    def give_back(self) -> None:
        if self._body is not None:
            self._bodies.leave(self._body)
            self._body = None
