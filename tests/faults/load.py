"""Sixteen plugins that sync at once through Traefik."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any, Final

import orjson

from scripts.bench.load import Connection
from tests.faults.ledger import Item, Ledger, version_of_message, version_of_session

CLIENTS: Final = 16
# Longer than any server should take; a plugin's own patience differs.
PATIENCE: Final = 90.0

_SHARED: Final = "shared"  # the session that all of them write to
_MESSAGES: Final = 30  # of a session, then the client begins another
_TEXT: Final = "Please look at the failing test in tests/test_api.py and mend what is wrong. " * 8
_LARGE: Final = 200_000  # characters of a message now and then


class Load:
    """The clients. Nothing is sent twice: what is refused, a plugin would have lost."""

    def __init__(self, url: str, key: str, seed: int, *, rest: float) -> None:
        self.ledger = Ledger()
        self.answers = 0
        self.rest = rest  # of a client between two requests, in seconds
        self._url = url
        self._authorization = f"Bearer {key}"
        self._seed = seed
        self._waiting: list[tuple[float, asyncio.Future[float]]] = []
        self._stop = asyncio.Event()
        self._clients: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sync until the block is left, or `finish` is called."""
        self._clients = [
            asyncio.create_task(self._client(number), name=f"client {number}")
            for number in range(CLIENTS)
        ]
        try:
            yield
        finally:
            await self.finish()

    async def finish(self) -> None:
        """Send nothing more, and wait for the answers that are due."""
        self._stop.set()
        await asyncio.gather(*self._clients)

    def next_success(self) -> asyncio.Future[float]:
        """Return what becomes the time until a request that is sent from now on is taken."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append((time.monotonic(), future))
        return future

    async def _client(self, number: int) -> None:
        plugin = _Plugin(number, Random(f"{self._seed}/{number}"), self.ledger)
        line = _Line(self._url, self._authorization)
        try:
            for path, items in plugin.requests():
                if self._stop.is_set():
                    return
                began = time.monotonic()
                await self._send(line, path, items)
                await self._pause(plugin.random.uniform(0.5, 1.5) * self.rest, began)
        finally:
            await line.hang_up()

    async def _send(self, line: _Line, path: str, items: Sequence[Item]) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                status, answer = await line.post(path, _body(path, items))
        except TimeoutError:
            self.ledger.refuse(items, "late")
            await line.hang_up()
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError):
            self.ledger.refuse(items, "no answer")
            await line.hang_up()
        else:
            self.answers += 1
            if status == 200 and _took_all(items, said := orjson.loads(answer)):
                self.ledger.acknowledge(items, _records(said))
                self._note_success(began)
            else:
                self.ledger.refuse(items, str(status))

    def _note_success(self, began: float) -> None:
        for since, future in self._waiting:
            if began >= since and not future.done():
                future.set_result(time.monotonic() - since)
        self._waiting = [pair for pair in self._waiting if not pair[1].done()]

    async def _pause(self, rest: float, began: float) -> None:
        left = rest - (time.monotonic() - began)
        if left > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._stop.wait()


class _Line:
    """A keep-alive connection that is opened when it is needed and not there."""

    def __init__(self, url: str, authorization: str) -> None:
        self._url = url
        self._authorization = authorization
        self._connection: Connection | None = None

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = await Connection(self._url).__aenter__()
        return await self._connection.post(path, body, self._authorization)

    async def hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError):
                await connection.__aexit__()


class _Plugin:
    """What one client sends: sessions of its own, and a word now and then in the shared one."""

    def __init__(self, number: int, random: Random, ledger: Ledger) -> None:
        self.random = random
        self._name = f"c{number}"
        self._ledger = ledger
        self._numbers = itertools.count()
        self._tokens = itertools.count(1)
        self._sent: list[Item] = []  # messages of the session in work

    def requests(self) -> Iterator[tuple[str, list[Item]]]:
        for number in itertools.count():
            session = f"{self._name}-s{number}"
            self._sent.clear()
            yield "/sync/session", [self._session(session)]
            while len(self._sent) < _MESSAGES:
                yield self._next(session)

    def _next(self, session: str) -> tuple[str, list[Item]]:
        dice = self.random.random()
        if dice < 0.5:
            return "/sync/message", [self._said(session)]
        if dice < 0.65:
            messages = [self._said(session) for _ in range(self.random.randint(2, 12))]
            return "/sync/batch", [self._session(session), *messages]
        if dice < 0.8 and (known := self._editable()):
            return "/sync/message", [self._message(*self.random.choice(known).key)]
        if dice < 0.9:
            return "/sync/session", [self._session(session)]
        return "/sync/message", [self._message(_SHARED, f"{self._name}-{next(self._numbers)}")]

    def _editable(self) -> list[Item]:
        # One whose last edit got no answer is left alone: which of two came last, nobody could say.
        return [item for item in self._sent if not self._ledger.entries[item.key].unsure]

    def _said(self, session: str) -> Item:
        item = self._message(session, f"m{next(self._numbers)}")
        self._sent.append(item)
        return item

    def _session(self, session: str) -> Item:
        tokens = next(self._tokens)
        title = f"Session {session} at {tokens}"
        body = {
            "externalId": session,
            "title": title,
            "source": "claude-code",
            "promptTokens": tokens,
        }
        return Item((session,), version_of_session(title, tokens), body)

    def _message(self, session: str, name: str) -> Item:
        word = f"w{self.random.getrandbits(60):015x}"
        length = _LARGE if self.random.random() < 0.005 else self.random.randint(1, len(_TEXT))
        text = f"{word} {(_TEXT * (length // len(_TEXT) + 1))[:length]}".strip()
        parts = [self._part() for _ in range(self.random.randint(0, 4))]
        role = self.random.choice(("user", "assistant"))
        body = {
            "sessionExternalId": session,
            "externalId": name,
            "role": role,
            "source": "claude-code",
            "textContent": text,
            "parts": [{"type": kind, "content": content} for kind, content in parts],
        }
        version = version_of_message(role, text, parts)
        return Item((session, name), version, body, word)

    def _part(self) -> tuple[str, Any]:
        number = self.random.getrandbits(32)
        if number % 2:
            return "text", f"{number} {_TEXT[:100]}"
        return "tool-call", {"toolName": "Read", "args": {"file_path": f"/src/{number}.py"}}


def _body(path: str, items: Sequence[Item]) -> bytes:
    if path != "/sync/batch":
        return orjson.dumps(items[0].body)
    sessions = [item.body for item in items if not item.is_message]
    messages = [item.body for item in items if item.is_message]
    return orjson.dumps({"sessions": sessions, "messages": messages})


def _took_all(items: Sequence[Item], said: dict[str, Any]) -> bool:
    return said.get("ok") is True and not said.get("errors")


def _records(said: dict[str, Any]) -> list[str]:
    """Return the id of the only item; an answer to a batch names none."""
    return [said[name] for name in ("sessionId", "messageId") if name in said]
