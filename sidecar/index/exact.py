"""The index inside this process: one-bit codes in memory, float16 vectors in a file.

A search compares the codes of one user's rows with that of the query, reads the vectors of the
nearest few and orders those exactly. Searches run in a few threads of their own, everything that
writes in one more, in the order in which it was asked for; the event loop never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import structlog

from sidecar.domain.space import Space
from sidecar.index.base import Entry, Hit, IndexUnavailable, Scope, Stats, Vector
from sidecar.index.store import Store

logger = structlog.get_logger(__name__)

T = TypeVar("T")


class ExactIndex:
    """A VectorIndex of one process; see `open_exact`."""

    def __init__(self, store: Store, *, threads: int = 2) -> None:
        self._store = store
        self._searches = ThreadPoolExecutor(threads, thread_name_prefix="index search")
        # One thread, so writes happen in order and need no locks among themselves.
        self._writes = ThreadPoolExecutor(1, thread_name_prefix="index write")

    @property
    def space(self) -> Space:
        return self._store.space

    @property
    def watermark(self) -> str:
        return self._store.watermark

    async def upsert(self, entries: Sequence[Entry]) -> None:
        await self._write(self._store.upsert, list(entries))

    async def remove(self, ids: Iterable[str]) -> None:
        await self._write(self._store.remove, list(ids))

    async def remove_session(self, session: str) -> None:
        await self._write(self._store.remove_session, session)

    async def remove_user(self, user: str) -> None:
        await self._write(self._store.remove_user, user)

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
        return await asyncio.get_running_loop().run_in_executor(
            self._searches, self._store.search, user, vector, limit, scope, sessions, exclude
        )

    async def count(self, user: str) -> int:
        return self._store.count(user)

    async def ids(self) -> set[str]:
        return await self._write(self._store.ids)

    async def stats(self) -> Stats:
        return await self._write(self._store.stats)

    async def save(self, watermark: str) -> None:
        """See VectorIndex. What was removed leaves the disk with this call."""
        await self._write(self._store.save, watermark)

    async def clear(self) -> None:
        await self._write(self._store.clear)

    async def close(self) -> None:
        await self._write(self._store.close)
        self._writes.shutdown(wait=False)
        self._searches.shutdown(wait=False)

    async def _write(self, act: Callable[..., T], *args: object) -> T:
        with _translated():
            return await asyncio.get_running_loop().run_in_executor(self._writes, act, *args)


@asynccontextmanager
async def open_exact(folder: Path, space: Space, *, threads: int = 2) -> AsyncIterator[ExactIndex]:
    """Open the index of `space` kept under `folder`, and close it at the end.

    Starts from its snapshot; where there is none that can be used, it is empty and has no
    watermark. Raises ConfigError when another process has it open, IndexUnavailable when the disk
    fails or is full.
    """
    with _translated():
        store = await asyncio.to_thread(Store.open, folder / space.key, space)
    index = ExactIndex(store, threads=threads)
    try:
        yield index
    finally:
        await index.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        logger.exception("The vector index cannot use its disk", action="index_disk_failed")
        raise IndexUnavailable(
            "The vector index cannot use its disk. Look whether it is full; the log says more."
        ) from exc
