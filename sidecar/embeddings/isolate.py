"""Finds the texts that spoil a batch, so that the others are embedded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sidecar.embeddings.base import (
    Embedder,
    EmbedderMisconfigured,
    EmbedderRefused,
    Vectors,
)
from sidecar.embeddings.batching import surely_fitted


@dataclass
class Embedded:
    """Vectors of shape (n, dimensions); the row of a refused text is zero."""

    vectors: Vectors
    refused: dict[int, EmbedderRefused] = field(default_factory=dict)


async def embed_each(embedder: Embedder, texts: Sequence[str]) -> Embedded:
    """Embed `texts`; where a batch is refused, halve it until the bad texts stand alone.

    A text that stands alone is tried once more, so short that its length cannot be the reason.
    Costs no request more while nothing is refused. Raises EmbedderMisconfigured when the embedder
    refuses even a plain word: then no text is to blame.
    """
    done = Embedded(np.zeros((len(texts), embedder.space.dimensions), np.float32))
    waiting = [(0, len(texts))] if texts else []
    works = False
    while waiting:
        start, end = waiting.pop()
        try:
            done.vectors[start:end] = await embedder.embed(texts[start:end])
            works = True
        except EmbedderRefused as exc:
            if end - start > 1:
                middle = (start + end) // 2
                waiting += [(middle, end), (start, middle)]
                continue
            if not works:
                await _check(embedder)
                works = True
            shorter = await _shorter(embedder, texts[start])
            if shorter is None:
                done.refused[start] = exc
            else:
                done.vectors[start] = shorter[0]
    return done


async def _check(embedder: Embedder) -> None:
    try:
        await embedder.embed(["hello"])
    except EmbedderRefused as exc:
        raise EmbedderMisconfigured(
            f"The embeddings service refuses every text for the model {embedder.space.model}. "
            "Check OPENSYNC_EMBEDDING_MODEL and OPENSYNC_EMBEDDING_DIMENSIONS."
        ) from exc


async def _shorter(embedder: Embedder, text: str) -> Vectors | None:
    """Return the vector of the beginning of `text`, None where that is all of it or refused."""
    beginning = surely_fitted(text, embedder.max_input_tokens)
    if beginning == text.strip():
        return None
    try:
        return await embedder.embed([beginning])
    except EmbedderRefused:
        return None
