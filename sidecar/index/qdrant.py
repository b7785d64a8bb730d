"""The index in Qdrant, for those who outgrow one machine. Needs the extra `qdrant`.

One collection a space. Every request about a user carries the user as a filter, and on a server the
field is indexed as the tenant, so a search walks a graph of that user's points alone.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import numpy as np
import structlog

from sidecar.domain.space import Space
from sidecar.errors import ConfigError
from sidecar.index.base import (
    Entry,
    Hit,
    IndexUnavailable,
    Scope,
    Stats,
    Vector,
    WrongSpace,
    check_entries,
)
from sidecar.index.codec import unit

try:
    from qdrant_client import AsyncQdrantClient, models
    from qdrant_client.http.exceptions import ApiException
except ModuleNotFoundError as exc:
    raise ConfigError(
        "An index in Qdrant needs the package qdrant-client, which is not installed. "
        "Run `pip install 'opensync-pocketbase[qdrant]'`."
    ) from exc

logger = structlog.get_logger(__name__)

PREFIX: Final = "opensync-"

_NAMESPACE: Final = uuid.UUID("5b0c2f0e-7d2f-4c53-9a51-5d0b3f9d6c1e")
_NOBODY: Final = ""  # owner of the point that carries the watermark; no user's id is empty
_BATCH: Final = 256  # points a request: 3 MB as JSON at 1,536 dimensions
_PAGE: Final = 5_000
_BREADTH: Final = 128  # candidates kept on the way through the graph
_MOST_USERS: Final = 100_000  # counted by `stats`


class QdrantIndex:
    """A VectorIndex in a collection of Qdrant; see `open_qdrant`."""

    def __init__(self, client: AsyncQdrantClient, space: Space, *, local: bool) -> None:
        self._client = client
        self._space = space
        self._name = PREFIX + space.key
        self._local = local
        self._watermark = ""

    @property
    def space(self) -> Space:
        return self._space

    @property
    def watermark(self) -> str:
        return self._watermark

    async def start(self) -> None:
        """Make the collection, or read how far the one that is there has come."""
        with _translated():
            if not await self._client.collection_exists(self._name):
                await self._create()
            found = await self._client.retrieve(self._name, [_point("")], with_payload=True)
        self._watermark = str((found[0].payload or {})["watermark"]) if found else ""

    async def upsert(self, entries: Sequence[Entry]) -> None:
        check_entries(self._space, entries)
        if not entries:
            return
        vectors = unit(np.stack([entry.vector for entry in entries]))
        points = [
            models.PointStruct(id=_point(e.id), vector=vector.tolist(), payload=_payload(e))
            for e, vector in zip(entries, vectors, strict=True)
        ]
        with _translated():
            for start in range(0, len(points), _BATCH):
                await self._client.upsert(self._name, points[start : start + _BATCH], wait=True)

    async def remove(self, ids: Iterable[str]) -> None:
        points: list[Any] = [_point(id) for id in ids]
        with _translated():
            for start in range(0, len(points), _PAGE):
                chosen = models.PointIdsList(points=points[start : start + _PAGE])
                await self._client.delete(self._name, chosen, wait=True)

    async def remove_session(self, session: str) -> None:
        await self._delete(_is("session", session))

    async def remove_user(self, user: str) -> None:
        if user != _NOBODY:
            await self._delete(_is("user", user))

    async def search(
        self,
        user: str,
        vector: Vector,
        limit: int,
        *,
        scope: Scope = "all",
        sessions: Collection[str] | None = None,
        exclude: Collection[str] = (),
    ) -> list[Hit]:
        if vector.shape != (self._space.dimensions,):
            raise WrongSpace(
                f"The query has the shape {vector.shape}; the index holds {self._space}."
            )
        query = unit(vector).tolist()
        if user == _NOBODY or limit < 1 or (sessions is not None and not sessions):
            return []
        with _translated():
            answer = await self._client.query_points(
                self._name,
                query=query,
                query_filter=_filter(user, scope, sessions, exclude),
                search_params=None if self._local else _params(limit),
                limit=limit,
                with_payload=True,
            )
        hits = [_hit(point.payload or {}, point.score) for point in answer.points]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))

    async def count(self, user: str) -> int:
        with _translated():
            found = await self._client.count(
                self._name, models.Filter(must=[_is("user", user)]), exact=True
            )
        return 0 if user == _NOBODY else found.count

    async def ids(self) -> set[str]:
        ids: set[str] = set()
        offset: Any = None
        with _translated():
            while True:
                records, offset = await self._client.scroll(
                    self._name,
                    models.Filter(must_not=[_is("user", _NOBODY)]),
                    limit=_PAGE,
                    offset=offset,
                    with_payload=["id"],
                )
                ids.update(str((record.payload or {})["id"]) for record in records)
                if offset is None:
                    return ids

    async def stats(self) -> Stats:
        everyone = models.Filter(must_not=[_is("user", _NOBODY)])
        with _translated():
            rows = await self._client.count(self._name, everyone, exact=True)
            users = await self._client.facet(
                self._name, "user", facet_filter=everyone, limit=_MOST_USERS
            )
        return Stats(
            model=self._space.model,
            dimensions=self._space.dimensions,
            rows=rows.count,
            users=len(users.hits),
            memory_bytes=0,
            disk_bytes=0,
        )

    async def save(self, watermark: str) -> None:
        """See VectorIndex. Points are kept as they come; this keeps the watermark beside them."""
        # A point must have a vector; this one is found by no search, for it is nobody's.
        vector = [1.0] + [0.0] * (self._space.dimensions - 1)
        payload = {"user": _NOBODY, "watermark": watermark}
        point = models.PointStruct(id=_point(""), vector=vector, payload=payload)
        with _translated():
            await self._client.upsert(self._name, [point], wait=True)
        self._watermark = watermark

    async def clear(self) -> None:
        with _translated():
            await self._client.delete_collection(self._name)
            await self._create()
        self._watermark = ""

    async def close(self) -> None:
        await self._client.close()

    async def _create(self) -> None:
        await self._client.create_collection(
            self._name,
            vectors_config=models.VectorParams(
                size=self._space.dimensions, distance=models.Distance.COSINE, on_disk=True
            ),
            # A graph for each user instead of one over all.
            hnsw_config=models.HnswConfigDiff(m=0, payload_m=16),
            quantization_config=models.ScalarQuantization(
                scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
            ),
        )
        if self._local:
            return  # has no payload indexes, and warns of them
        for name, is_tenant in (("user", True), ("session", None), ("kind", None)):
            schema = models.KeywordIndexParams(
                type=models.KeywordIndexType.KEYWORD, is_tenant=is_tenant
            )
            await self._client.create_payload_index(self._name, name, field_schema=schema)

    async def _delete(self, condition: models.FieldCondition) -> None:
        chosen = models.FilterSelector(filter=models.Filter(must=[condition]))
        with _translated():
            await self._client.delete(self._name, chosen, wait=True)


@asynccontextmanager
async def open_qdrant(
    location: str, space: Space, *, api_key: str | None = None
) -> AsyncIterator[QdrantIndex]:
    """Open the index of `space` in the Qdrant at `location`, and close the connection at the end.

    `location` is the URL of a server (port 6333 where it names none), or `:memory:` or a folder for
    the small stand-in that comes with the client. Raises IndexUnavailable.
    """
    local = not location.startswith(("http://", "https://"))
    if location == ":memory:":
        client = AsyncQdrantClient(location=location)
    elif local:
        client = AsyncQdrantClient(path=location)
    else:
        client = AsyncQdrantClient(
            url=location, api_key=api_key, timeout=10, check_compatibility=False
        )
    index = QdrantIndex(client, space, local=local)
    try:
        await index.start()
        yield index
    finally:
        await index.close()


def _point(id: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, id))


def _payload(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "user": entry.user,
        "session": entry.session,
        "message": entry.message,
        "chunk": entry.chunk,
        "kind": "messages" if entry.message else "sessions",
    }


def _hit(payload: dict[str, Any], score: float) -> Hit:
    return Hit(payload["id"], payload["session"], payload["message"], payload["chunk"], score)


def _is(name: str, value: str) -> models.FieldCondition:
    return models.FieldCondition(key=name, match=models.MatchValue(value=value))


def _is_any(name: str, values: Collection[str]) -> models.FieldCondition:
    return models.FieldCondition(key=name, match=models.MatchAny(any=list(values)))


def _filter(
    user: str, scope: Scope, sessions: Collection[str] | None, exclude: Collection[str]
) -> models.Filter:
    must: list[Any] = [_is("user", user)]
    if scope != "all":
        must.append(_is("kind", scope))
    if sessions is not None:
        must.append(_is_any("session", sessions))
    return models.Filter(must=must, must_not=[_is_any("session", exclude)] if exclude else None)


def _params(limit: int) -> models.SearchParams:
    return models.SearchParams(
        hnsw_ef=max(_BREADTH, limit),
        quantization=models.QuantizationSearchParams(rescore=True, oversampling=2.0),
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ApiException as exc:
        logger.warning(
            "Qdrant did not do what was asked",
            action="qdrant_failed",
            cause=type(exc).__name__,
            status=getattr(exc, "status_code", None),
        )
        raise IndexUnavailable(
            "The vector index is not reachable at the moment. Try again in a few seconds."
        ) from exc
