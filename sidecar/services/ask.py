"""Answers questions about a user's past sessions: search finds, a chat model answers from it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Protocol, Self

import prometheus_client as prometheus
import structlog

from sidecar.domain import ask
from sidecar.domain.ask import Piece, Source
from sidecar.errors import ChatFailed, NotSetUp, OpenSyncError, TooMany
from sidecar.services.search import Search, SearchFilters, SearchService

logger = structlog.get_logger(__name__)

ANSWERS = prometheus.Counter(
    "opensync_answers_total", "Questions that the chat model answered or failed at.", ["result"]
)
for _result in ("answered", "failed"):
    ANSWERS.labels(_result)  # there from the start, as 0

CONSIDERED: Final = 60  # messages that sources are taken from
GRACE_SECONDS: Final = 2.0  # how long a failure of the model may still become a plain error
HEARTBEAT_SECONDS: Final = 10.0
AT_ONCE: Final = 4  # answers a user may wait for; each is paid for and holds a connection

Event = tuple[str, dict[str, Any]]


class ChatModel(Protocol):
    """What answers."""

    def stream(self, messages: Sequence[dict[str, str]]) -> AsyncGenerator[Piece]:
        """Give the answer piece by piece. Raises ChatFailed."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True)
class Found:
    """What an answer may rest on."""

    sources: list[Source]
    realised: str
    reason: str | None


class Answer:
    """An answer on its way. Leaving its context ends the request to the model and its `place`."""

    def __init__(
        self, found: Found, pieces: AsyncGenerator[Piece] | None, place: ExitStack
    ) -> None:
        self._found = found
        self._place = place
        self._queue: asyncio.Queue[Piece | OpenSyncError | None] = asyncio.Queue(maxsize=64)
        self._said: list[str] = []
        # Tasks, because a piece is waited for with and without a limit, and only its own task may
        # read from the model.
        self._reader = asyncio.create_task(self._read(pieces)) if pieces is not None else None
        self._next = asyncio.create_task(self._queue.get())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._place.close()
        tasks = [task for task in (self._reader, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def begun(self) -> None:
        """Wait until the model answers, but not for long. Raises what it fails with meanwhile."""
        if self._reader is None:
            return
        await asyncio.wait({self._next}, timeout=GRACE_SECONDS)
        if self._next.done() and isinstance(failure := self._next.result(), OpenSyncError):
            raise failure

    async def events(self) -> AsyncGenerator[Event | None]:
        """Give names and values of events; None means that nothing happened for a while."""
        found = self._found
        yield (
            "sources",
            {
                "sources": [source.shown for source in found.sources],
                "requestedMode": "hybrid",
                "realisedMode": found.realised,
                "reason": found.reason,
            },
        )
        if self._reader is None:
            yield "delta", {"text": ask.NOTHING_FOUND}
            yield "done", {"citations": [], "usage": None, "finishReason": "nothing_found"}
            return
        finish, usage = None, None
        while True:
            if not (await asyncio.wait({self._next}, timeout=HEARTBEAT_SECONDS))[0]:
                yield None
                continue
            item = self._next.result()
            if isinstance(item, OpenSyncError):
                logger.warning(item.message, action="chat_failed")
                yield "error", {"error": item.message}
                return
            if item is None:
                break
            self._next = asyncio.create_task(self._queue.get())
            finish, usage = item.finish or finish, item.usage or usage
            if item.text:
                self._said.append(item.text)
                yield "delta", {"text": item.text}
        citations = ask.cited("".join(self._said), len(found.sources))
        yield "done", {"citations": citations, "usage": usage, "finishReason": finish}

    async def _read(self, pieces: AsyncGenerator[Piece]) -> None:
        ended, result = False, "failed"
        try:
            async with aclosing(pieces) as stream:
                async for piece in stream:
                    ended = ended or piece.finish is not None
                    await self._queue.put(piece)
            broken = ChatFailed("The chat model broke off its answer. Ask again.")
            await self._queue.put(None if ended else broken)
            result = "answered" if ended else "failed"
        except OpenSyncError as exc:
            await self._queue.put(exc)
        except Exception as exc:
            logger.error("The chat model failed", action="chat_failed", exc_info=exc)
            await self._queue.put(ChatFailed("The chat model failed. The server's log says how."))
        ANSWERS.labels(result).inc()


class AskService:
    """Answers questions of one user. Without a model it says what to set; `reason` is that."""

    def __init__(self, search: SearchService, chat: ChatModel | None, reason: str = "") -> None:
        self._search = search
        self._chat = chat
        self._reason = reason
        self._under_way: Counter[str] = Counter()

    async def begin(self, user: str, q: str, filters: SearchFilters, limit: int) -> Answer:
        """Find sources and ask the model.

        Raises NotSetUp, TooMany, or what the model fails with at once.
        """
        if self._chat is None:
            raise NotSetUp(self._reason)
        with ExitStack() as place:
            place.enter_context(self._counted(user))
            found = await self._found(user, Search(q, "hybrid", "messages", filters), limit)
            pieces = self._chat.stream(ask.prompt(q, found.sources)) if found.sources else None
            answer = Answer(found, pieces, place.pop_all())
            try:
                await answer.begun()
            except BaseException:
                await answer.__aexit__(None, None, None)
                raise
            return answer

    @contextmanager
    def _counted(self, user: str) -> Iterator[None]:
        if self._under_way[user] >= AT_ONCE:
            raise TooMany(
                f"{AT_ONCE} of your questions are being answered. Wait for one of them, then ask "
                "again."
            )
        self._under_way[user] += 1
        try:
            yield
        finally:
            self._under_way[user] -= 1
            if not self._under_way[user]:
                del self._under_way[user]

    async def _found(self, user: str, search: Search, limit: int) -> Found:
        ranking = await self._search.ranking(user, search)
        items = [item for item, _ in ranking.items[:CONSIDERED]]
        messages, sessions = await self._search.texts(user, items, ask.FETCHED)
        sources = ask.sources(messages, sessions, ranking.words, limit)
        return Found(sources, ranking.realised, ranking.reason)
