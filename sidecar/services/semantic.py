"""Search by meaning: the query's vector, and the nearest embeddings of the same user.

It never fails a search and never holds one up for long: where it cannot answer, or not in time, it
says why, and full text answers alone.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

import orjson
import structlog
from prometheus_client import Counter

from sidecar.domain.chunks import Window
from sidecar.domain.embedding import space_name
from sidecar.domain.patience import MOST, Patience
from sidecar.embeddings.base import Embedder, EmbeddingError
from sidecar.errors import OpenSyncError
from sidecar.index.base import Hit, IndexUnavailable, Vector, VectorIndex
from sidecar.pocketbase.client import PocketBase
from sidecar.services.search import (
    SEMANTIC_LATE,
    Begun,
    Scope,
    SearchFilters,
    SemanticAnswer,
    without,
)

logger = structlog.get_logger(__name__)

QUERIES = Counter("opensync_semantic_queries_total", "Searches by meaning.", ["result"])
for _result in ("answered", "absent", "late", "failed"):
    QUERIES.labels(_result)  # there from the start, as 0

FAILED: Final = "Search by meaning failed; the server's log says why."
NOTHING_KNOWN: Final = "Search by meaning knows nothing of yours yet."

_REMEMBERED: Final = 256  # vectors of queries, and users
_UNDER_WAY: Final = 16  # queries that are being embedded at once
_LONGEST_QUERY: Final = 2_000  # characters
_LONGEST: Final = 10.0  # seconds for a vector, though nobody waits for it
_REST: Final = 15.0  # seconds before an embedder that failed is asked again
_PIECES: Final = 4  # embeddings read for one result: pieces of a message, messages of a session
_RECENT: Final = 60.0  # seconds; what was said since is not missed yet
_COUNTED: Final = 10.0  # seconds between counts of what is missing

_OF_SESSIONS: Final = frozenset({"source", "model", "project", "session"})
_OF_MESSAGES: Final = frozenset({"role", "from", "to"})


T = TypeVar("T")
SemanticHit = tuple[str, str, float]
"""A session, the message in it that is nearest or '' for the session as a whole, and the score."""


class IndexHolder(Protocol):
    """Has the index while it can answer; otherwise `reason` says why not."""

    @property
    def index(self) -> VectorIndex | None: ...

    @property
    def reason(self) -> str: ...


class SemanticService:
    """Searches of one user's embeddings. Nothing of another user's is ever read for them."""

    def __init__(
        self,
        pocketbase: PocketBase,
        embedder: Embedder | None,
        holder: IndexHolder | None,
        *,
        reason: str = "",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reason` says why there is no embedder."""
        self._pocketbase = pocketbase
        self._embedder = embedder
        self._holder = holder
        self._reason = reason
        self._now = now
        self._of_embedder, self._of_index = Patience(now), Patience(now)
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._embedding: dict[str, asyncio.Task[Vector]] = {}
        self._searching: set[asyncio.Task[SemanticAnswer]] = set()

    def begin(
        self, user: str, q: str, limit: int, *, scope: Scope, filters: SearchFilters
    ) -> Begun:
        """Start to look for the user's sessions or messages nearest to `q`; see SemanticSearch."""
        text = " ".join(q.split())[:_LONGEST_QUERY]
        search = self._answer(user, text, limit, scope, filters.given)
        task = asyncio.create_task(search, name="search by meaning")
        self._searching.add(task)
        task.add_done_callback(self._searching.discard)
        patience = self._patience(text)
        if patience:
            timer = asyncio.get_running_loop().call_later(patience, self._late, text)
            task.add_done_callback(lambda _: timer.cancel())
        return Begun(task, patience)

    async def aclose(self) -> None:
        """Give up what is still being searched or embedded."""
        tasks = [*self._searching, *self._embedding.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _patience(self, text: str) -> float:
        """Return how long the answer to a query is worth waiting for."""
        needed = [self._of_index]
        if text not in self._vectors:
            needed.append(self._of_embedder)
        if any(patience.doubt for patience in needed):
            return 0.0
        return min(MOST, sum(patience.seconds for patience in needed))

    def _late(self, text: str) -> None:
        slow = self._of_embedder if text in self._embedding else self._of_index
        slow.doubted(SEMANTIC_LATE)
        QUERIES.labels("late").inc()

    async def _answer(
        self, user: str, text: str, limit: int, scope: Scope, filters: dict[str, Any]
    ) -> SemanticAnswer:
        """Search; whatever goes wrong is told as a reason."""
        try:
            answer = await self._search(user, text, limit, scope, filters)
        except _Absent as exc:
            QUERIES.labels("absent").inc()
            return without(exc.reason)
        except OpenSyncError as exc:
            QUERIES.labels("failed").inc()
            return without(exc.message)
        except Exception as exc:
            logger.warning("Search by meaning failed", action="semantic_failed", exc_info=exc)
            QUERIES.labels("failed").inc()
            return without(FAILED)
        QUERIES.labels("answered").inc()
        return answer

    async def _search(
        self, user: str, text: str, limit: int, scope: Scope, filters: dict[str, Any]
    ) -> SemanticAnswer:
        embedder, holder = self._embedder, self._holder
        if embedder is None or holder is None:
            raise _Absent(self._reason)
        if holder.index is None:
            raise _Absent(holder.reason)
        if not text:
            return SemanticAnswer([])
        known = await self._share(user, embedder)
        if not known:
            raise _Absent(NOTHING_KNOWN)
        sessions = await self._sessions(user, filters)
        if sessions is not None and not sessions:
            return _answer([], known)
        vector = await self._vector(embedder, text)
        if holder.index is None:  # it was closed meanwhile
            raise _Absent(holder.reason)
        narrow = {name: filters[name] for name in _OF_MESSAGES & filters.keys()}
        found = await self._nearest(
            holder.index,
            user,
            vector,
            limit * _PIECES * (5 if narrow else 1),
            scope="messages" if scope == "messages" or "role" in narrow else "all",
            sessions=sessions,
        )
        hits = _best([hit for hit in found if hit.score > 0], scope)
        if narrow:
            hits = await self._narrowed(user, hits, narrow)
        return _answer(hits[:limit], known)

    async def _nearest(
        self, index: VectorIndex, user: str, vector: Vector, limit: int, **narrowed: Any
    ) -> list[Hit]:
        began = self._now()
        try:
            found = await index.search(user, vector, limit, **narrowed)
        except IndexUnavailable as exc:
            self._of_index.doubted(exc.message)
            raise
        self._of_index.answered(self._now() - began, SEMANTIC_LATE)
        return found

    async def _vector(self, embedder: Embedder, text: str) -> Vector:
        """Return the vector of a query. Of an embedder in doubt, one at a time is asked for."""
        held = self._vectors.get(text)
        if held is not None:
            self._vectors.move_to_end(text)
            return held
        task = self._embedding.get(text)
        if task is None:
            doubt = self._of_embedder.doubt
            if doubt and (self._embedding or self._of_embedder.is_resting):
                raise _Absent(doubt)
            if len(self._embedding) >= _UNDER_WAY:
                raise _Absent("The embedder has more queries than it can answer.")
            task = asyncio.create_task(self._embed(embedder, text), name="query embedding")
            self._embedding[text] = task
        return await task

    async def _embed(self, embedder: Embedder, text: str) -> Vector:
        began = self._now()
        try:
            async with asyncio.timeout(_LONGEST):
                vector: Vector = (await embedder.embed([text]))[0]
        except (TimeoutError, EmbeddingError) as exc:
            doubt = exc.message if isinstance(exc, EmbeddingError) else SEMANTIC_LATE
            self._of_embedder.doubted(doubt, _REST)
            raise _Absent(doubt) from exc
        finally:
            self._embedding.pop(text, None)
        self._of_embedder.answered(self._now() - began, SEMANTIC_LATE)
        if not vector.any():
            raise _Absent("The query has no meaning that could be compared.")
        _remember(self._vectors, text, vector)
        return vector

    async def _share(self, user: str, embedder: Embedder) -> float:
        """Return which part of what the user has is embedded as the embedder would do it now."""
        until, share = self._known.get(user, (0.0, 0.0))
        if self._now() < until:
            return share
        found = await self._ask("progress", {"user": user, "rest": _RECENT})
        window = Window.of(embedder.window_bytes)
        if found["space"] != space_name(embedder.space.model, embedder.space.dimensions, window):
            share = 0.0  # the model was changed just now
        else:
            kinds = found["messages"], found["sessions"]
            total = sum(kind["total"] for kind in kinds)
            share = sum(kind["done"] for kind in kinds) / total if total else 1.0
        _remember(self._known, user, (self._now() + _COUNTED, share))
        return share

    async def _sessions(self, user: str, filters: dict[str, Any]) -> list[str] | None:
        """Return the user's sessions that pass the filters, None where none is asked for."""
        wanted = {name: filters[name] for name in _OF_SESSIONS & filters.keys()}
        if not wanted:
            return None
        found: list[str] = await self._ask("sessions", {"user": user, "filters": wanted})
        return found

    async def _narrowed(
        self, user: str, hits: Sequence[SemanticHit], filters: dict[str, Any]
    ) -> list[SemanticHit]:
        """Return the hits whose message, or session, passes the filters."""
        records = [message or session for session, message, _ in hits]
        body = {"user": user, "records": records, "filters": filters}
        kept = set(await self._ask("narrowed", body))
        return [hit for hit, record in zip(hits, records, strict=True) if record in kept]

    async def _ask(self, name: str, body: dict[str, Any]) -> Any:
        response = await self._pocketbase.request(
            "POST", "/api/opensync/embeddings", params={"do": name}, json=body
        )
        return orjson.loads(response.content)


class _Absent(Exception):
    """Search by meaning cannot take part, for a reason that is a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _answer(hits: list[SemanticHit], known: float) -> SemanticAnswer:
    if known == 1:
        return SemanticAnswer(hits)
    percent = math.floor(known * 100) or "less than 1"
    return SemanticAnswer(
        hits, f"Search by meaning knows {percent} % of what you have so far, words know all.", known
    )


def _remember(held: OrderedDict[str, T], name: str, value: T) -> None:
    held[name] = value
    held.move_to_end(name)
    while len(held) > _REMEMBERED:
        held.popitem(last=False)


def _best(found: Sequence[Hit], scope: Scope) -> list[SemanticHit]:
    """Return each session, or each message, once, with its best score; `found` is best first."""
    best: dict[str, SemanticHit] = {}
    for hit in found:
        key = hit.session if scope == "sessions" else hit.message
        held = best.get(key)
        if held is None:
            best[key] = (hit.session, hit.message, hit.score)
        elif not held[1]:
            # The session as a whole came first; its nearest message is what can be shown.
            best[key] = (hit.session, hit.message, held[2])
    return list(best.values())
