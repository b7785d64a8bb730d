"""Search by meaning: the query's vector, and the nearest embeddings of the same user.

It never fails a search: where it cannot answer in time, it says why, and full text answers alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, Protocol

import orjson
import structlog
from prometheus_client import Counter

from sidecar.embeddings.base import Embedder, EmbeddingError
from sidecar.errors import OpenSyncError
from sidecar.index.base import Hit, Vector, VectorIndex
from sidecar.pocketbase.client import PocketBase
from sidecar.services.search import Scope, SearchFilters, SemanticAnswer

logger = structlog.get_logger(__name__)

QUERIES = Counter("opensync_semantic_queries_total", "Searches by meaning.", ["result"])

_REMEMBERED: Final = 256  # vectors of queries
_UNDER_WAY: Final = 16  # queries that are being embedded at once
_LONGEST_QUERY: Final = 2_000  # characters
_AFTER_FAILURE: Final = 15.0  # seconds without another try, so that nobody waits in vain
_PIECES: Final = 4  # embeddings read for one result: pieces of a message, messages of a session

_OF_SESSIONS: Final = frozenset({"source", "model", "project", "session"})
_OF_MESSAGES: Final = frozenset({"role", "from", "to"})


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
    ) -> None:
        """`reason` says why there is no embedder."""
        self._pocketbase = pocketbase
        self._embedder = embedder
        self._holder = holder
        self._reason = reason
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[Vector]] = {}
        self._failed: tuple[float, str] = (0.0, "")

    async def search(
        self,
        user: str,
        q: str,
        limit: int,
        *,
        scope: Scope,
        filters: SearchFilters,
        deadline: float,
    ) -> SemanticAnswer:
        """Return the user's sessions or messages nearest to `q`, within `deadline` seconds.

        Never raises for what may go wrong outside; then there are no hits, and a reason.
        """
        try:
            async with asyncio.timeout(deadline):
                hits = await self._search(user, q, limit, scope, filters.given)
        except TimeoutError:
            return _without("Search by meaning took too long.", "late")
        except _Absent as exc:
            return _without(exc.reason, "absent")
        except OpenSyncError as exc:
            return _without(exc.message, "failed")
        QUERIES.labels("answered").inc()
        return SemanticAnswer(hits)

    async def aclose(self) -> None:
        """Give up queries that are still being embedded."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _search(
        self,
        user: str,
        q: str,
        limit: int,
        scope: Scope,
        filters: dict[str, Any],
    ) -> list[SemanticHit]:
        if self._embedder is None or self._holder is None:
            raise _Absent(self._reason)
        if self._holder.index is None:
            raise _Absent(self._holder.reason)
        text = " ".join(q.split())[:_LONGEST_QUERY]
        if not text:
            return []
        sessions = await self._sessions(user, filters)
        if sessions is not None and not sessions:
            return []
        vector = await self._vector(self._embedder, text)
        index = self._holder.index
        if index is None:  # it was closed meanwhile
            raise _Absent(self._holder.reason)
        narrow = {name: filters[name] for name in _OF_MESSAGES & filters.keys()}
        found = await index.search(
            user,
            vector,
            limit * _PIECES * (5 if narrow else 1),
            scope="messages" if scope == "messages" or "role" in narrow else "all",
            sessions=sessions,
        )
        hits = _best([hit for hit in found if hit.score > 0], scope)
        if narrow:
            hits = await self._narrowed(user, hits, narrow)
        return hits[:limit]

    async def _vector(self, embedder: Embedder, text: str) -> Vector:
        """Return the vector of a query. It goes on being made when the caller's time is up."""
        known = self._vectors.get(text)
        if known is not None:
            self._vectors.move_to_end(text)
            return known
        until, reason = self._failed
        if time.monotonic() < until:
            raise _Absent(reason)
        task = self._under_way.get(text)
        if task is None:
            if len(self._under_way) >= _UNDER_WAY:
                raise _Absent("The embedder has more queries than it can answer.")
            task = asyncio.create_task(self._embed(embedder, text), name="query embedding")
            task.add_done_callback(_seen)
            self._under_way[text] = task
        return await asyncio.shield(task)

    async def _embed(self, embedder: Embedder, text: str) -> Vector:
        try:
            vector: Vector = (await embedder.embed([text]))[0]
        except EmbeddingError as exc:
            self._failed = (time.monotonic() + _AFTER_FAILURE, exc.message)
            raise _Absent(exc.message) from exc
        finally:
            self._under_way.pop(text, None)
        if not vector.any():
            raise _Absent("The query has no meaning that could be compared.")
        self._vectors[text] = vector
        while len(self._vectors) > _REMEMBERED:
            self._vectors.popitem(last=False)
        return vector

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


def _seen(task: asyncio.Task[Vector]) -> None:
    """Take note of a failure that came too late for anybody to be told."""
    if not task.cancelled():
        task.exception()


class _Absent(Exception):
    """Search by meaning cannot take part, for a reason that is a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _without(reason: str, result: str) -> SemanticAnswer:
    QUERIES.labels(result).inc()
    return SemanticAnswer([], reason)


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
