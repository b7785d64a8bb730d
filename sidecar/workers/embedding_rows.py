"""What worker, index keeper and commands ask of `pb_hooks/lib/embeddings.js`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sidecar.domain.chunks import Window
from sidecar.domain.embedding import KINDS, Kind, Work, message_work, session_work, space_name
from sidecar.domain.space import Space
from sidecar.embeddings.base import Embedder
from sidecar.index.codec import encode_vector
from sidecar.pocketbase.client import Json, PocketBase

_ROUTE: Final = "/api/opensync/embeddings"
_PAGE: Final = 1_000  # vectors an answer: 4 MB at 1,536 dimensions
_REMOVED: Final = 5_000


@dataclass(frozen=True)
class Page:
    """Work found, newest first, and how many records wait in all."""

    work: list[Work]
    waiting: int


@dataclass(frozen=True)
class Removed:
    """Ids of embeddings that are gone since a number, and the number of the last of them.

    `first` and `newest` are the numbers of the first that is kept and of the last there ever was.
    """

    ids: list[str]
    last: int
    first: int
    newest: int
    rebuild: str


@dataclass(frozen=True)
class Counts:
    """Messages and sessions that wait to be looked at, and that have embeddings."""

    pending: int
    embedded: int


class EmbeddingRows:
    """The embeddings in the database. Raises what PocketBase's client raises."""

    def __init__(self, pocketbase: PocketBase) -> None:
        self._pocketbase = pocketbase

    async def adopt(self, embedder: Embedder) -> None:
        """Have every record looked at again when vectors are made otherwise than so far.

        Search goes on meanwhile with what there is. Broken off half-way, it starts over.
        """
        space = embedder.space
        wanted = space_name(space.model, space.dimensions, window_of(embedder))
        if (await self._ask("state")).get("space") == wanted:
            return
        for kind in KINDS:
            last = ""
            while last := (await self._ask("forget", kind=kind, after=last))["last"]:
                pass
        await self._ask("setState", name="space", value=wanted)

    async def state(self) -> Json:
        """Make the tables where they are missing; return what is noted in them."""
        return await self._ask("state")

    async def ask_for_rebuild(self, stamp: str) -> None:
        """Have the index built anew by whoever keeps it, now or at its next start."""
        await self._ask("state")
        await self._ask("setState", name="rebuild", value=stamp)

    async def pending(self, embedder: Embedder, *, limit: int, rest: float) -> Page:
        """Return records that have not changed for `rest` seconds and are not embedded as now."""
        space, window = embedder.space, window_of(embedder)
        found = await self._ask(
            "pending", limit=limit, rest=rest, model=space.model, dimensions=space.dimensions
        )
        work = [message_work(row, window) for row in found["messages"]]
        work += [session_work(row, window) for row in found["sessions"]]
        waiting = found["waiting"]
        return Page(work, waiting["messages"] + waiting["sessions"])

    async def store(self, space: Space, work: Sequence[Work], vectors: dict[str, Any]) -> Json:
        """Store what was made of `work`; `vectors` maps ids of rows to vectors or to None.

        Returns the rows of each kind that are stored, and `now`.
        """
        body: Json = {"model": space.model, "dimensions": space.dimensions}
        for kind in KINDS:
            mine = [item for item in work if item.kind == kind]
            body[kind] = {
                "rows": [row for item in mine for row in _rows(item, vectors)],
                "marks": [_mark(item) for item in mine],
            }
        return await self._ask("store", **body)

    async def counts(self) -> Counts:
        found = await self._ask("counts")
        return Counts(sum(found["waiting"].values()), sum(found["embedded"].values()))

    async def progress(self, user: str) -> dict[str, dict[str, int]]:
        """Return `done` and `total` of the user's sessions and of their messages."""
        await self.state()
        found = await self._ask("progress", user=user)
        return {name: found[name] for name in ("sessions", "messages")}

    async def again(self, space: Space, user: str) -> None:
        """Have what of the user has no embedding in `space` looked at again."""
        last = ""
        while last := (
            await self._ask(
                "again", user=user, after=last, model=space.model, dimensions=space.dimensions
            )
        )["last"]:
            pass

    async def vectors(self, space: Space, kind: Kind, after: tuple[str, str]) -> list[Json]:
        """Return the next rows of `space` in the order of `updated` and id."""
        response = await self._pocketbase.request(
            "POST",
            _ROUTE,
            params={"do": "vectors"},
            json={
                "kind": kind,
                "updated": after[0],
                "id": after[1],
                "model": space.model,
                "dimensions": space.dimensions,
                "limit": _PAGE,
            },
        )
        found: list[Json] = orjson.loads(response.content)
        return found

    async def rows(self, space: Space) -> int:
        """Return how many vectors of `space` there are."""
        found = await self._ask("rows", model=space.model, dimensions=space.dimensions)
        return int(found["rows"])

    async def removed(self, after: int) -> Removed:
        found = await self._ask("removed", after=after, limit=_REMOVED)
        return Removed(**found)

    async def prune(self, to: int) -> None:
        """Drop what `removed` tells, up to a number that nobody asks for any more."""
        await self._ask("prune", to=to)

    async def _ask(self, name: str, /, **body: Any) -> Json:
        return await self._pocketbase.send("POST", f"{_ROUTE}?do={name}", body)


def window_of(embedder: Embedder) -> Window:
    return Window.of(embedder.window_bytes)


def _rows(item: Work, vectors: dict[str, Any]) -> list[Json]:
    rows = []
    for chunk in range(item.size):
        id = item.row_id(chunk)
        vector = vectors[id]
        # Without one the row says: this text was refused, do not send it again.
        text = "" if vector is None else encode_vector(vector)
        rows.append({"id": id, "of": item.id, "chunk": chunk, "vector": text, "hash": item.hash})
    return rows


def _mark(item: Work) -> Json:
    chunks = None if item.pieces is None else item.size
    return {"id": item.id, "updated": item.updated, "chunks": chunks}
