"""An embeddings service for measurements: quick about many texts, as slow as a model about one.

Vectors are made of words by hashing, so texts that share words are near to each other. A text that
comes alone is a query; the local model reads it too, so that its time is in the figures.
"""

from __future__ import annotations

import asyncio
import base64
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import numpy as np
import orjson

from sidecar.embeddings.local import LocalEmbedder

DIMENSIONS: Final = 384  # as many as those of the local model
_DIFFERENT: Final = 1 << 16  # vectors of words


class HashedApi:
    """Speaks OpenAI's protocol. While `goes` is not set, queries hang."""

    def __init__(self) -> None:
        self.goes = asyncio.Event()
        self.goes.set()
        self._model = LocalEmbedder()
        chance = np.random.default_rng(3)
        self._words = chance.standard_normal((_DIFFERENT, DIMENSIONS), dtype=np.float32)
        self._open: set[asyncio.StreamWriter] = set()

    async def answer(self, texts: list[str]) -> dict[str, Any]:
        if len(texts) == 1:
            await self.goes.wait()
            await self._model.embed(texts)
        return {
            "object": "list",
            "data": [
                {"object": "embedding", "index": place, "embedding": self._vector(text)}
                for place, text in enumerate(texts)
            ],
            "model": "bench",
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").lower().split("\r\n")
                sizes = (line.partition(":")[2] for line in lines if line.startswith("content-l"))
                body = orjson.loads(await reader.readexactly(int(next(sizes))))
                content = orjson.dumps(await self.answer(body["input"]))
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def aclose(self) -> None:
        self.goes.set()
        for writer in self._open:
            writer.close()
        await self._model.aclose()

    def _vector(self, text: str) -> str:
        words = [zlib.crc32(word.encode()) % _DIFFERENT for word in text.lower().split()]
        return base64.b64encode(self._words[words].sum(axis=0).astype("<f4").tobytes()).decode()


@asynccontextmanager
async def hashed_api(port: int) -> AsyncIterator[HashedApi]:
    """Serve on 127.0.0.1."""
    api = HashedApi()
    server = await asyncio.start_server(api.serve, "127.0.0.1", port)
    try:
        yield api
    finally:
        server.close()
        await api.aclose()
