"""A subscriber of PocketBase's realtime API, as a browser is one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE = 60.0


@dataclass(frozen=True)
class Heard:
    """One event: what happened to which record."""

    topic: str
    action: str
    record: dict[str, Any]


class Subscriber:
    """Collects events in the order in which they arrive."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def listen(self, response: httpx.Response) -> None:
        name = ""
        async for line in response.aiter_lines():
            field, _, value = line.partition(":")
            if field == "event":
                name = value.strip()
            elif field == "data":
                self._events.put_nowait((name, json.loads(value)))

    async def client_id(self) -> str:
        name, data = await self._next()
        assert name == "PB_CONNECT"
        return str(data["clientId"])

    async def event(self) -> Heard:
        """Return the next event; fail when none comes."""
        name, data = await self._next()
        return Heard(name, data["action"], data["record"])

    async def until(self, id: str) -> list[Heard]:
        """Return the events up to and without the first one about the record `id`."""
        heard = []
        while (event := await self.event()).record["id"] != id:
            heard.append(event)
        return heard

    async def _next(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(PATIENCE):
            return await self._events.get()


@asynccontextmanager
async def subscribed(url: str, token: str, *topics: str) -> AsyncIterator[Subscriber]:
    """Subscribe to topics such as `sessions/*` at the PocketBase at `url`."""
    subscriber = Subscriber()
    async with (
        httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as http,
        http.stream("GET", "/api/realtime") as stream,
    ):
        listening = asyncio.create_task(subscriber.listen(stream), name="subscriber")
        try:
            wanted = {"clientId": await subscriber.client_id(), "subscriptions": list(topics)}
            answer = await http.post("/api/realtime", json=wanted, headers={"Authorization": token})
            assert answer.status_code == 204, answer.text
            yield subscriber
        finally:
            listening.cancel()
            await asyncio.wait({listening})
