"""An embeddings service on this machine that counts, and misbehaves when it is told to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

DIMENSIONS: Final = 64
MODEL: Final = "counted-model"
KEY: Final = "a-key-for-tests"


@dataclass
class CountingApi:
    """Speaks OpenAI's protocol. Texts that share words are near to each other."""

    url: str = ""
    calls: list[list[str]] = field(default_factory=list)  # that were answered with vectors
    asked: int = 0  # also those that were not
    key: str = KEY
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # to come
    answers: int | None = None  # after so many, requests wait for `go`,
    of_many: bool = False  # those with several texts only
    go: asyncio.Event = field(default_factory=asyncio.Event)
    times: list[float] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)  # one a connection

    @property
    def texts(self) -> list[str]:
        return [text for call in self.calls for text in call]

    def forget(self) -> None:
        self.calls.clear()
        self.times.clear()
        self.asked = 0

    async def answer(self, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, Any, Any]:
        self.asked += 1
        self.times.append(asyncio.get_running_loop().time())
        if headers.get("authorization") != f"Bearer {self.key}":
            return 401, {}, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}
        if self.refusals:
            status, extra = self.refusals.pop(0)
            return status, extra, {"error": {"message": "no", "code": "rate_limit_exceeded"}}
        if not self.of_many or len(body["input"]) > 1:
            if self.answers == 0:
                await self.go.wait()
            elif self.answers is not None:
                self.answers -= 1
        self.calls.append(body["input"])
        data = [
            {"object": "embedding", "index": place, "embedding": _vector(text)}
            for place, text in enumerate(body["input"])
        ]
        return 200, {}, {"object": "list", "data": data, "model": MODEL}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:]
                pairs = (line.split(":", 1) for line in lines if line)
                headers = {name.lower(): value.strip() for name, value in pairs}
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                status, extra, answer = await self.answer(headers, body)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                said = "".join(f"{name}: {value}\r\n" for name, value in extra.items())
                writer.write(
                    f"HTTP/1.1 {status} X\r\n{said}Content-Type: application/json\r\n"
                    f"Content-Length: {len(content)}\r\n\r\n".encode()
                    + content
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()


def _vector(text: str) -> str:
    total = np.full(DIMENSIONS, 0.001)
    for word in text.lower().split():
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        total = total + np.random.default_rng(seed).normal(size=DIMENSIONS)
    return base64.b64encode(total.astype("<f4").tobytes()).decode()


@asynccontextmanager
async def counting_api(api: CountingApi | None = None) -> AsyncIterator[CountingApi]:
    api = api or CountingApi()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    api.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield api
    finally:
        server.close()
        for task in (left := set(api.tasks)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
