"""Embeds what waits in the database: newest first, in batches, until nothing does.

What is to be done is read from the database each time, so a crash at any moment loses nothing, and
a text whose hash is the stored one is never sent. A failing embedder costs waiting, not work.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import structlog
from prometheus_client import Counter, Gauge, Histogram

from sidecar.domain.embedding import Work, groups, pause_after
from sidecar.domain.space import Space
from sidecar.embeddings.base import (
    Embedder,
    EmbedderMisconfigured,
    EmbedderUnavailable,
    EmbeddingError,
)
from sidecar.embeddings.isolate import embed_each
from sidecar.errors import OpenSyncError
from sidecar.index.base import Vector
from sidecar.workers.embedding_rows import EmbeddingRows
from sidecar.workers.vector_keeper import VectorKeeper

logger = structlog.get_logger(__name__)

EMBEDDED = Counter("opensync_embedded_texts_total", "Texts embedded.")
PENDING = Gauge("opensync_embedding_pending", "Messages and sessions that wait to be embedded.")
REFUSED = Counter("opensync_embedding_refused_texts_total", "Texts that the embedder refused.")
FAILURES = Counter(
    "opensync_embedding_failures_total", "Turns of the embedder that failed.", ["cause"]
)
SECONDS = Histogram(
    "opensync_embedding_seconds",
    "Time to embed one group of texts.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
for _cause in ("misconfigured", "embedder", "database"):
    FAILURES.labels(_cause)  # there from the start, as 0

RECORDS: Final = 256  # messages and sessions a turn
_SHORTEST_WAIT: Final = 0.05
_LONGEST_HERE: Final = 10.0


@dataclass
class EmbeddingState:
    """What the worker does, for people.

    `reason` is a sentence where it does nothing, `embedder` one that says where texts go.
    """

    state: Literal["working", "idle", "paused", "stopped"]
    reason: str = ""
    model: str = ""
    embedder: str = ""
    pending: int = 0
    done: int = 0


class EmbeddingWorker:
    """Does the work while it runs; `state` says how it goes, also when it is not to run."""

    def __init__(
        self,
        rows: EmbeddingRows,
        embedder: Embedder | None,
        keeper: VectorKeeper | None,
        *,
        pause: float,
        reason: str = "",
    ) -> None:
        """`pause` is how long a record rests before it is embedded, in seconds; `reason` says why
        there is no embedder, or where it sends texts. Without a keeper, no index is told."""
        self._rows = rows
        self._embedder = embedder
        self._keeper = keeper
        self._pause = pause
        self._adopted = False
        self._asked = asyncio.Event()
        # Not idle before the first look.
        self.state = EmbeddingState("working") if embedder else EmbeddingState("stopped", reason)
        if embedder is not None:
            self.state.model, self.state.embedder = embedder.space.model, reason

    @property
    def space(self) -> Space | None:
        """What the vectors are of; None without an embedder."""
        return self._embedder.space if self._embedder is not None else None

    async def progress(self, user: str) -> dict[str, dict[str, int]]:
        """Return how many of the user's sessions and messages there are, and are looked at."""
        return await self._rows.progress(user)

    async def again(self, user: str) -> None:
        """Have what of the user has no embeddings looked at again, now."""
        if self._embedder is not None:
            await self._rows.again(self._embedder.space, user)
            self._asked.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, or until the embedder says that a setting is wrong."""
        embedder, failures = self._embedder, 0
        while embedder is not None and not stop.is_set():
            wait = max(self._pause, _SHORTEST_WAIT)
            try:
                # Broken off at once: what is not stored is found again at the next start.
                if await _unless(stop, self.turn(embedder)):
                    wait = 0.0
                failures = 0
            except EmbedderMisconfigured as exc:
                FAILURES.labels("misconfigured").inc()
                self.state.state, self.state.reason = "stopped", exc.message
                logger.error(exc.message, action="embedding_stopped")
                return
            except OpenSyncError as exc:
                failures += 1
                FAILURES.labels("embedder" if isinstance(exc, EmbeddingError) else "database").inc()
                asked = exc.retry_after if isinstance(exc, EmbedderUnavailable) else None
                wait = pause_after(failures, random.random(), asked)  # noqa: S311
                if not isinstance(exc, EmbeddingError):
                    wait = min(wait, _LONGEST_HERE)  # the database is ours, and asking it is free
                self.state.state, self.state.reason = "paused", exc.message
                logger.warning(
                    exc.message, action="embedding_paused", seconds=round(wait, 1), again=failures
                )
            self._asked.clear()
            await _sleep(stop, wait, self._asked)

    async def turn(self, embedder: Embedder) -> bool:
        """Look for work and do it; return whether there was any. Raises OpenSyncError."""
        if not self._adopted:
            await self._rows.adopt(embedder)
            self._adopted = True
        page = await self._rows.pending(embedder, limit=RECORDS, rest=self._pause)
        self._waiting(page.waiting)
        left = page.waiting
        for group in groups(page.work, embedder.max_batch):
            self.state.state = "working"
            await self._do(embedder, group)
            left -= len(group)
            self.state.reason = ""
            self.state.done += len(group)
            self._waiting(left)
        if not page.work:
            self.state.state, self.state.reason = "idle", ""
        return bool(page.work)

    def _waiting(self, number: int) -> None:
        self.state.pending = number
        PENDING.set(number)

    async def _do(self, embedder: Embedder, work: Sequence[Work]) -> None:
        places = [
            (item.row_id(chunk), text)
            for item in work
            for chunk, text in enumerate(item.pieces or ())
        ]
        vectors: dict[str, Vector | None] = {}
        if places:
            with SECONDS.time():
                made = await embed_each(embedder, [text for _, text in places])
            for number, (id, _) in enumerate(places):
                vector = made.vectors[number]
                vectors[id] = vector if vector.any() else None
            EMBEDDED.inc(len(places) - len(made.refused))
            REFUSED.inc(len(made.refused))
            if made.refused:
                logger.warning(
                    "Texts were refused by the embedder and are left out",
                    action="texts_refused",
                    texts=len(made.refused),
                )
        if self._keeper is None:
            await self._rows.store(embedder.space, work, vectors)
        else:
            await self._keeper.store(embedder.space, work, vectors)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, bool]) -> bool:
    """Return what `work` returns; break it off when `stop` is set."""
    task = asyncio.create_task(work, name="embedding turn")
    stopping = asyncio.create_task(stop.wait(), name="embedding stop")
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else False
    finally:
        for each in (task, stopping):
            each.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)


async def _sleep(stop: asyncio.Event, seconds: float, asked: asyncio.Event) -> None:
    """Sleep, unless one of the two is set."""
    waits = [asyncio.create_task(each.wait(), name="embedder rest") for each in (stop, asked)]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
