"""Strangers who read shared sessions do not take all that there is."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httpx
import orjson

from sidecar.pocketbase.client import PocketBase
from sidecar.services.publishing import PublishingService

SLUG = "a" * 32
SESSION: dict[str, Any] = {
    "id": "a" * 15,
    "include": {},
    **dict.fromkeys(("title", "source", "model", "provider", "projectName", "projectPath"), ""),
    **dict.fromkeys(("totalTokens", "promptTokens", "completionTokens", "messageCount"), 0),
    **dict.fromkeys(("durationMs", "createdAt", "updatedAt", "cost"), 0),
}


class OnePage:
    """A database with one shared session; notes how many pages are read at once."""

    def __init__(self) -> None:
        self.reading = self.most = self.read = 0

    async def request(self, *_: Any, params: dict[str, str], **__: Any) -> httpx.Response:
        if params["do"] == "session":
            return httpx.Response(200, content=orjson.dumps(SESSION))
        self.reading += 1
        self.most = max(self.most, self.reading)
        await asyncio.sleep(0)
        self.reading -= 1
        self.read += 1
        return httpx.Response(200, content=orjson.dumps({"messages": [], "hasMore": False}))


async def test_pages_of_strangers_are_read_one_at_a_time() -> None:
    pages = OnePage()
    service = PublishingService(cast(PocketBase, pages), public_url="http://localhost")

    await asyncio.gather(*(service.page(SLUG, None) for _ in range(5)))

    assert (pages.read, pages.most) == (5, 1)
