"""What makes vectors of texts, and how it fails.

* EmbeddingError                500   the embedder gave no vectors
  x EmbedderUnavailable         503   for now: try again, after `retry_after` seconds when it says
  x EmbedderMisconfigured             until a setting changes: trying again is of no use
  x EmbedderRefused                   these texts, not others: leave them out
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sidecar.domain.space import Space
from sidecar.errors import ConfigError, UpstreamError

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Makes vectors of one space."""

    @property
    def space(self) -> Space: ...

    @property
    def max_batch(self) -> int:
        """How many texts one call of `embed` best takes at most. More are split."""

    @property
    def max_input_tokens(self) -> int:
        """Length of a text that the model reads as a whole, in its own tokens."""

    @property
    def window_bytes(self) -> int:
        """Bytes of UTF-8 to cut long texts into; what fits `max_input_tokens` in practice."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return an array of shape (len(texts), dimensions), each row of length 1.

        A blank text is not sent anywhere; its row is zero and so is near to nothing.
        Raises EmbeddingError; then nothing is known of any of the texts.
        """

    async def aclose(self) -> None: ...


class EmbeddingError(UpstreamError):
    """The embedder gave no vectors."""


class EmbedderUnavailable(EmbeddingError):
    """It may work later. `retry_after` is the wait in seconds the other side asked for."""

    status = 503

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class EmbedderMisconfigured(EmbeddingError, ConfigError):
    """It will not work until somebody changes a setting; the message names it."""


class EmbedderRefused(EmbeddingError):
    """At least one of the texts cannot be embedded, however often it is sent."""
