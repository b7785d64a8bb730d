"""Keeps the vector index in step with the database.

Opens it from its snapshot, reads what was stored since, adds what is stored from then on, and
follows the ids that the database notes when embeddings are deleted, however that came about. Where
index and database differ nevertheless, it fills the index anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from prometheus_client import Counter, Gauge

from sidecar.domain.embedding import KINDS, Kind, Work, pause_after
from sidecar.domain.space import Space
from sidecar.errors import OpenSyncError, PocketBaseUnavailable
from sidecar.index.base import (
    Entry,
    IndexUnavailable,
    Stats,
    Vector,
    VectorError,
    VectorIndex,
)
from sidecar.index.codec import decode_vector
from sidecar.index.opening import open_index
from sidecar.pocketbase.client import Json
from sidecar.workers.embedding_rows import EmbeddingRows, Removed

logger = structlog.get_logger(__name__)

ROWS = Gauge("opensync_vector_index_rows", "Vectors in the index when it was last saved.")
MEMORY = Gauge("opensync_vector_index_memory_bytes", "Memory of the index, 0 in a service.")
FAILURES = Counter("opensync_vector_index_failures_total", "Times the index had to be reopened.")

LOADING: Final = "The vector index is still being loaded."

_POLL: Final = 2.0  # seconds between looks at what was deleted
_SAVE: Final = 300.0  # seconds between snapshots while something changes
_SAVE_REMOVED: Final = 20.0  # the same where something was deleted: only a snapshot wipes the disk

Opener = Callable[[Space], AbstractAsyncContextManager[VectorIndex]]


@dataclass
class Position:
    """How far the database has been read; kept with the snapshot."""

    message: str = ""
    session: str = ""
    removed: int = 0
    rebuild: str = ""

    @classmethod
    def of(cls, watermark: str) -> Position | None:
        try:
            return cls(**orjson.loads(watermark))
        except (orjson.JSONDecodeError, TypeError):
            return None

    def missed(self, news: Removed) -> bool:
        """Tell whether the index cannot be mended by what `news` says since this position."""
        return not news.first - 1 <= self.removed <= news.newest or news.rebuild != self.rebuild

    def advance(self, kind: Kind, updated: str) -> None:
        setattr(self, kind, max(getattr(self, kind), updated))

    def __str__(self) -> str:
        return orjson.dumps(asdict(self)).decode()


def in_settings(folder: Path, qdrant_url: str, qdrant_api_key: str) -> Opener:
    """Return what opens the index that the settings ask for."""

    @contextlib.asynccontextmanager
    async def opened(space: Space) -> AsyncIterator[VectorIndex]:
        # Another model's index answers nobody, and would keep on the disk what is deleted here.
        await asyncio.to_thread(_drop_others, folder, "" if qdrant_url else space.key)
        async with open_index(
            space, folder=folder, qdrant_url=qdrant_url, qdrant_api_key=qdrant_api_key
        ) as index:
            yield index

    return opened


@dataclass
class VectorKeeper:
    """`index` is None until it holds all that the database does; `reason` says what is amiss."""

    rows: EmbeddingRows
    space: Space
    opener: Opener
    poll: float = _POLL
    index: VectorIndex | None = None
    reason: str = LOADING
    _position: Position = field(default_factory=Position)
    # What is stored or deleted must reach the index in the order in which it reached the database.
    _order: asyncio.Lock = field(default_factory=asyncio.Lock)
    _changed: bool = False
    _removed: bool = False
    _saved: float = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the index until `stop` is set, then leave a snapshot."""
        failures = 0
        while not stop.is_set():
            try:
                async with self.opener(self.space) as index:
                    try:
                        await self._load(index, stop)
                        failures = 0
                        await self._follow(index, stop)
                    finally:
                        ready, self.index, self.reason = self.index, None, LOADING
                        if ready is not None:
                            await self._save(ready)
            except OpenSyncError as exc:
                failures += 1
                FAILURES.inc()
                self.reason = exc.message
                logger.warning("The vector index is not open", action="index_closed", exc_info=exc)
                await _sleep(stop, pause_after(failures, 0.0))

    async def store(
        self, space: Space, work: Sequence[Work], vectors: dict[str, Vector | None]
    ) -> None:
        """Store embeddings in the database, then in the index."""
        async with self._order:
            stored = await self.rows.store(space, work, vectors)
            if self.index is None:
                return  # read from the database when it is loaded
            try:
                await self._add(self.index, stored, vectors)
            except OpenSyncError:
                # The database has it; the index reads it from there when it is opened again.
                self.index, self.reason = None, LOADING
                raise

    async def _add(
        self, index: VectorIndex, stored: Json, vectors: dict[str, Vector | None]
    ) -> None:
        rows = [row for kind in KINDS for row in stored.get(kind, ())]
        made = [(row, vectors[row["id"]]) for row in rows]
        await index.upsert(
            [_entry(row, self.space.model, vector) for row, vector in made if vector is not None]
        )
        await index.remove([row["id"] for row, vector in made if vector is None])
        for kind in KINDS:
            self._position.advance(kind, stored["now"])
        self._changed = True

    async def _load(self, index: VectorIndex, stop: asyncio.Event) -> None:
        """Bring `index` up to what the database holds."""
        await self.rows.state()
        position = Position.of(index.watermark)
        if position is None or position.missed(await self.rows.removed(position.removed)):
            position = await self._begin(index)
        self._position = position
        started, read = time.monotonic(), await self._read(index, stop)
        if not stop.is_set() and not await self._is_whole(index):
            logger.warning(
                "The vector index is not what the database holds; it is built anew",
                action="index_rebuilt",
            )
            await self.rebuild(index, stop)
        logger.info(
            "The vector index is loaded",
            action="index_loaded",
            read=read,
            seconds=round(time.monotonic() - started, 2),
        )

    async def rebuild(self, index: VectorIndex, stop: asyncio.Event) -> None:
        """Empty the index and read everything."""
        async with self._order:
            self.index, self.reason = None, LOADING
            self._position = await self._begin(index)
        await self._read(index, stop)

    async def _begin(self, index: VectorIndex) -> Position:
        await index.clear()
        now = await self._latest()
        self._changed = True
        return now

    async def _latest(self) -> Position:
        """Return the position of an empty index: nothing deleted so far concerns it."""
        news = await self.rows.removed(0)
        return Position(removed=news.newest, rebuild=news.rebuild)

    async def _read(self, index: VectorIndex, stop: asyncio.Event) -> int:
        """Read rows until there are no more; from then on the index answers."""
        after: dict[Kind, tuple[str, str]] = {
            kind: (getattr(self._position, kind), "") for kind in KINDS
        }
        read = 0
        while not stop.is_set():
            async with self._order:
                found = 0
                for kind in KINDS:
                    page = await self.rows.vectors(self.space, kind, after[kind])
                    if page:
                        await index.upsert(await asyncio.to_thread(_entries, page, self.space))
                        after[kind] = (page[-1]["updated"], page[-1]["id"])
                        self._position.advance(kind, page[-1]["updated"])
                        found += len(page)
                read += found
                if not found:
                    await self._remove(index)
                    self._changed = self._changed or read > 0
                    self.index, self.reason = index, ""
                    break
        return read

    async def _is_whole(self, index: VectorIndex) -> bool:
        async with self._order:
            await self._remove(index)
            wanted = await self.rows.rows(self.space)
            return (await _measured(index)).rows == wanted

    async def _follow(self, index: VectorIndex, stop: asyncio.Event) -> None:
        """Remove what is deleted, and save now and then, until `stop` is set."""
        self._saved = time.monotonic()
        while not stop.is_set():
            await _sleep(stop, self.poll)
            if self.index is None:
                raise IndexUnavailable("The vector index did not take what was embedded.")
            try:
                async with self._order:
                    rebuild = await self._remove(index)
                if rebuild:
                    await self.rebuild(index, stop)
                since = time.monotonic() - self._saved
                if self._changed and since > (_SAVE_REMOVED if self._removed else _SAVE):
                    await self._save(index)
            except PocketBaseUnavailable:
                continue  # what was noted meanwhile is read when it is back

    async def _remove(self, index: VectorIndex) -> bool:
        """Follow the deletions; return whether the index is to be built anew."""
        while True:
            news = await self.rows.removed(self._position.removed)
            if self._position.missed(news):
                return True
            if not news.ids:
                return False
            await index.remove(news.ids)
            self._position.removed = news.last
            self._changed = self._removed = True

    async def _save(self, index: VectorIndex) -> None:
        async with self._order:
            removed = self._position.removed
            await index.save(str(self._position))
            await _measured(index)
            self._changed = self._removed = False
            self._saved = time.monotonic()
        # Away, or gone: then they are dropped after a later snapshot.
        with contextlib.suppress(OpenSyncError):
            await self.rows.prune(removed)


async def _measured(index: VectorIndex) -> Stats:
    stats = await index.stats()
    ROWS.set(stats.rows)
    MEMORY.set(stats.memory_bytes)
    return stats


def _entries(page: Sequence[Json], space: Space) -> list[Entry]:
    entries = []
    for row in page:
        try:
            vector = decode_vector(row["vector"], space.dimensions)
        except VectorError as exc:
            logger.error(exc.message, action="vector_unusable", id=row["id"])
            continue
        entries.append(_entry(row, space.model, vector))
    return entries


def _entry(row: Json, model: str, vector: Any) -> Entry:
    return Entry(
        id=row["id"],
        user=row["user"],
        session=row["session"],
        message=row["message"],
        chunk=row["chunk"],
        model=model,
        vector=vector,
    )


def _drop_others(folder: Path, kept: str) -> None:
    if folder.is_dir():
        for other in folder.iterdir():
            if other.is_dir() and other.name != kept:
                shutil.rmtree(other)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
