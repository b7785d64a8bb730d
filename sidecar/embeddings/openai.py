"""Vectors from an API that speaks OpenAI's protocol: OpenAI, Ollama, vLLM and others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Literal

import httpx
import numpy as np
from openai import APIConnectionError, APIStatusError, Omit, OpenAIError

from sidecar.domain.space import Space
from sidecar.embeddings.answers import Expected, decoded
from sidecar.embeddings.base import (
    EmbedderMisconfigured,
    EmbedderUnavailable,
    EmbeddingError,
    Vectors,
)
from sidecar.embeddings.batching import BYTES_PER_TOKEN, Budget, batches
from sidecar.embeddings.failures import translated
from sidecar.embeddings.models import described
from sidecar.errors import ConfigError
from sidecar.openai_api import OPENAI_URL, connect, host_of, usable_key

# A vector of a whole page is near to everything on it and close to nothing: about 1,000 tokens.
_LARGEST_WINDOW: Final = 4_000


class OpenAIEmbedder:
    """Sends texts to one embeddings API. Never tries twice: whoever calls decides about that."""

    def __init__(
        self,
        *,
        model: str,
        api_key: str = "",
        base_url: str = OPENAI_URL,
        dimensions: int | None = None,
        input_tokens: int | None = None,
        timeout: float = 60.0,
    ) -> None:
        """Raises EmbedderMisconfigured. `timeout` is in seconds and for a whole request."""
        facts, wanted = described(model, dimensions, input_tokens)
        self.space = Space(model, wanted)
        self.max_input_tokens = facts.input_tokens
        self.window_bytes = min(facts.input_tokens * BYTES_PER_TOKEN, _LARGEST_WINDOW)
        self._budget = Budget(input_tokens=facts.input_tokens)
        self.max_batch = self._budget.inputs
        self._expected = Expected(model, wanted, facts.shortens)
        # A server that knows nothing of `dimensions` may refuse it, so only where it says more.
        self._dimensions = wanted if wanted < facts.dimensions else None
        self._encoding: Literal["base64", "float"] = "base64"
        self._timeout = timeout
        try:
            self.host = host_of(base_url, "OPENSYNC_EMBEDDING_BASE_URL")
            key = usable_key(api_key, "OPENSYNC_EMBEDDING_API_KEY")
        except ConfigError as exc:
            raise EmbedderMisconfigured(exc.message) from exc
        self._client = connect(base_url, key, timeout)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.space.dimensions), np.float32)
        for batch in batches(texts, self._budget):
            answer = await self._ask(batch.texts)
            # Off the event loop: a full answer of 2,048 vectors takes some 50 ms to read.
            rows = await asyncio.to_thread(decoded, answer, len(batch.texts), self._expected)
            vectors[batch.positions] = rows
        return vectors

    async def aclose(self) -> None:
        await self._client.close()

    async def _ask(self, texts: list[str]) -> bytes:
        """Return the body of the answer to one request."""
        try:
            return await self._post(texts)
        except APIStatusError as exc:
            if self._encoding == "base64" and "encoding_format" in exc.response.text:
                self._encoding = "float"
                return await self._ask(texts)
            raise self._failure(exc) from exc
        except (OpenAIError, httpx.HTTPError, TimeoutError) as exc:
            raise self._failure(exc) from exc

    async def _post(self, texts: list[str]) -> bytes:
        async with asyncio.timeout(self._timeout):
            # The package's own reading makes a Python float of each number; see `decoded`.
            answer = await self._client.embeddings.with_raw_response.create(
                model=self.space.model,
                input=texts,
                encoding_format=self._encoding,
                dimensions=Omit() if self._dimensions is None else self._dimensions,
            )
            return answer.content

    def _failure(self, exc: Exception) -> EmbeddingError:
        if isinstance(exc, APIStatusError):
            return translated(exc, self.host, self.space.model)
        if isinstance(exc, TimeoutError | APIConnectionError):
            return EmbedderUnavailable(
                f"The embeddings service at {self.host} cannot be reached, or does not answer "
                f"within {self._timeout:g} seconds."
            )
        return EmbedderUnavailable(f"The embeddings service at {self.host} broke off its answer.")
