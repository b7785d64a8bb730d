"""Vectors made on this machine, in one thread beside the event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar, TypeVarTuple

import numpy as np

from sidecar.domain.space import Space
from sidecar.domain.text import clean
from sidecar.embeddings import minilm
from sidecar.embeddings.base import EmbedderMisconfigured, EmbedderUnavailable, Vectors
from sidecar.embeddings.vectors import normalised

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

# A text is expected to be cut to this before: 256 tokens of prose or code, at 3.4 bytes each.
_WINDOW_BYTES: Final = 768
_LONGEST_TEXT: Final = 16_384  # characters; more is not read
# Larger batches are slower here (the states no longer fit the cache) and hold up a query longer.
_BATCH_TOKENS: Final = 256
_TEXTS_AT_ONCE: Final = 32
_QUEUE: Final = 64  # calls that may wait; each has one piece of work in the queue

_Piece = tuple[int, minilm.Window]  # position of the text, and tokens of it


class LocalEmbedder:
    """all-MiniLM-L6-v2 on the CPU: 384 dimensions, English best, nothing leaves the machine.

    Work is done in pieces of at most 256 tokens, and each call has one piece in the queue at a
    time. So a query waits for one piece of a long backfill, not for the backfill.
    """

    def __init__(self, files: minilm.Files | None = None, *, threads: int = 0) -> None:
        """Take the files from the installed packages, half of the processors unless told.

        The model is loaded by the first call of `embed`, which may raise EmbedderMisconfigured
        as well when a file is not the known one.
        """
        found = files or minilm.installed()
        if found is None:
            raise EmbedderMisconfigured(
                f"The local embedder is not installed. Run {minilm.INSTALL}, "
                "or set OPENSYNC_EMBEDDER to another."
            )
        self.space = Space(minilm.NAME, minilm.DIMENSIONS)
        self.max_batch = 64
        self.max_input_tokens = minilm.WINDOW_TOKENS
        self.window_bytes = _WINDOW_BYTES
        self._files = found
        self._threads = threads or max(1, (os.cpu_count() or 1) // 2)
        self._model: minilm.MiniLM | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedder")
        self._calls = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """As the protocol says; the vector of a longer text is the mean over its windows.

        Raises EmbedderUnavailable when too many calls wait already.
        """
        if self._calls >= _QUEUE:
            raise EmbedderUnavailable("The local embedder has more to do than it can.", 1)
        self._calls += 1
        try:
            sums = np.zeros((len(texts), minilm.DIMENSIONS), np.float32)
            for start in range(0, len(texts), _TEXTS_AT_ONCE):
                some = texts[start : start + _TEXTS_AT_ONCE]
                for batch in _batches(await self._run(self._tokenised, some)):
                    rows = await self._run(self._embedded, batch)
                    for (place, window), row in zip(batch, rows, strict=True):
                        sums[start + place] += row * len(window)
            return normalised(sums)
        finally:
            self._calls -= 1

    async def aclose(self) -> None:
        """Wait for the piece that is being worked on; what waits is given up."""
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    async def _run(self, work: Callable[[*_Ts], _T], *values: *_Ts) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)

    # What follows runs in the thread.

    def _tokenised(self, texts: Sequence[str]) -> list[_Piece]:
        model = self._loaded()
        return [
            (place, window)
            for place, text in enumerate(texts)
            for window in model.windows(clean(text[:_LONGEST_TEXT]))
        ]

    def _embedded(self, pieces: list[_Piece]) -> Vectors:
        return self._loaded().embed([window for _, window in pieces])

    def _loaded(self) -> minilm.MiniLM:
        if self._model is None:
            self._model = minilm.MiniLM(self._files, self._threads)
        return self._model


def _batches(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Yield pieces of like length together: the shorter are filled up to the longest."""
    batch: list[_Piece] = []
    for piece in sorted(pieces, key=lambda piece: len(piece[1])):
        if batch and (len(batch) + 1) * len(piece[1]) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(piece)
    if batch:
        yield batch
