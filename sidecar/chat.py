"""A chat model behind an API that speaks OpenAI's protocol: OpenAI, Ollama, vLLM and others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

import httpx
from openai import APIStatusError, APITimeoutError, AsyncStream, OpenAIError
from openai.types.chat import ChatCompletionChunk

from sidecar.domain.ask import Piece
from sidecar.domain.text import clean
from sidecar.errors import ChatFailed, ChatLate
from sidecar.openai_api import OPENAI_URL, connect, host_of, usable_key

_RETRIES: Final = 1  # by the package, and only before the first byte of an answer


class OpenAIChat:
    """Sends prompts to one model and gives its answer as it comes."""

    def __init__(
        self, *, model: str, api_key: str, base_url: str, timeout: float, output_tokens: int
    ) -> None:
        """Raises ConfigError. `timeout` is how many seconds the model may be silent."""
        self.host = host_of(base_url, "OPENSYNC_CHAT_BASE_URL")
        self.model = model
        self._timeout = timeout
        key = usable_key(api_key, "OPENSYNC_CHAT_API_KEY")
        self._client = connect(base_url, key, timeout, retries=_RETRIES)
        # OpenAI's newer models refuse the older name, other servers do not know the newer one.
        name = "max_completion_tokens" if base_url.rstrip("/") == OPENAI_URL else "max_tokens"
        self._limits: dict[str, Any] = {name: output_tokens}

    async def stream(self, messages: Sequence[dict[str, str]]) -> AsyncGenerator[Piece]:
        """Give the answer piece by piece. Raises ChatFailed."""
        try:
            async with asyncio.timeout(self._timeout):
                chunks = await self._ask(messages)
        except (TimeoutError, APITimeoutError):
            raise self._late() from None
        except APIStatusError as exc:
            raise self._refusal(exc) from None
        except (OpenAIError, httpx.HTTPError):
            raise ChatFailed(
                f"The chat service at {self.host} cannot be reached. Check that it runs, and "
                "OPENSYNC_CHAT_BASE_URL."
            ) from None
        async with chunks:
            while (said := await self._next(chunks)) is not None:
                for piece in said:
                    yield piece

    async def aclose(self) -> None:
        await self._client.close()

    async def _ask(self, messages: Sequence[dict[str, str]]) -> AsyncStream[ChatCompletionChunk]:
        # `Any`: the package has a type for each role.
        given: Any = list(messages)
        chunks: AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(
            model=self.model,
            messages=given,
            stream=True,
            stream_options={"include_usage": True},
            **self._limits,
        )
        return chunks

    async def _next(self, chunks: AsyncStream[ChatCompletionChunk]) -> list[Piece] | None:
        """Return what the next chunk says, None at the end."""
        try:
            async with asyncio.timeout(self._timeout):
                chunk = await anext(chunks, None)
            return None if chunk is None else _pieces(chunk)
        except (TimeoutError, APITimeoutError):
            raise self._late() from None
        # The package does not check what it reads: a number may stand where an object belongs.
        except (OpenAIError, httpx.HTTPError, ValueError, AttributeError, TypeError):
            raise ChatFailed(
                f"The chat service at {self.host} broke off its answer. Ask again."
            ) from None

    def _late(self) -> ChatLate:
        return ChatLate(
            f"The chat service at {self.host} was silent for {self._timeout:g} seconds. Ask again, "
            "or raise OPENSYNC_CHAT_TIMEOUT_SECONDS."
        )

    def _refusal(self, exc: APIStatusError) -> ChatFailed:
        status, service = exc.status_code, f"The chat service at {self.host}"
        if exc.code == "insufficient_quota" or status == 402:
            return ChatFailed(f"{service} says that the account has no credit left. Top it up.")
        if status in (401, 403):
            return ChatFailed(f"{service} refuses the API key. Check OPENSYNC_CHAT_API_KEY.")
        if status == 429:
            return ChatFailed(f"{service} is over its rate limit. Ask again in a minute.")
        if status in (408, 504):
            return ChatLate(f"{service} took too long. Ask again.")
        if status >= 500:
            return ChatFailed(f"{service} fails (HTTP {status}). Ask again in a moment.")
        if 300 <= status < 400:
            return ChatFailed(
                f"{service} redirects elsewhere, which is not followed. Set OPENSYNC_CHAT_BASE_URL "
                "to the address it redirects to."
            )
        if status == 404 or exc.code == "model_not_found":
            return ChatFailed(
                f"{service} has no model {self.model} there (HTTP {status}). Check "
                "OPENSYNC_CHAT_MODEL, and OPENSYNC_CHAT_BASE_URL, which usually ends in /v1."
            )
        return ChatFailed(
            f"{service} refuses the question (HTTP {status}). Ask with a lower limit, in case "
            f"{self.model} reads no more; or check OPENSYNC_CHAT_MODEL."
        )


def _pieces(chunk: ChatCompletionChunk) -> list[Piece]:
    pieces = []
    for choice in (chunk.choices or [])[:1]:
        said: object = choice.delta.content if choice.delta else None
        text = clean(said) if isinstance(said, str) else ""
        if text or choice.finish_reason:
            pieces.append(Piece(text, finish=choice.finish_reason))
    if chunk.usage is not None:
        usage = {
            "promptTokens": int(chunk.usage.prompt_tokens or 0),
            "completionTokens": int(chunk.usage.completion_tokens or 0),
        }
        pieces.append(Piece(usage=usage))
    return pieces
