"""Sidecars that embed, one after the other on the same PocketBase, and what they have made."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from sidecar.app import create_app
from sidecar.config import PREFIX
from sidecar.workers.embedding_rows import EmbeddingRows
from tests.conftest import Tenant, settings_for
from tests.embeddings_api import DIMENSIONS, KEY, MODEL, CountingApi
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.serving import Service, serving
from tests.stored import accepted

PATIENCE: Final = 60.0


class Starter:
    """Starts sidecars, one at a time, on the same PocketBase and data folder."""

    def __init__(self, process: RealPocketBase, folder: Path, api: CountingApi) -> None:
        self._process = process
        self._folder = folder
        self._stack = AsyncExitStack()
        self.wanted: dict[str, Any] = {
            "embedder": "openai",
            "embedding_api_key": KEY,
            "embedding_base_url": api.url,
            "embedding_model": MODEL,
            "embedding_dimensions": DIMENSIONS,
            "embedding_pause_seconds": 0.1,
        }

    def environment(self) -> dict[str, str]:
        """Return the same settings for a sidecar in a process of its own."""
        beside = {
            "data": self._folder,
            "pocketbase_url": self._process.url,
            "pocketbase_email": EMAIL,
            "pocketbase_password": PASSWORD,
        }
        values = self.wanted | beside
        return dict(os.environ) | {f"{PREFIX}{k.upper()}": str(v) for k, v in values.items()}

    async def start(self, **values: Any) -> Service:
        settings = settings_for(self._process.url, self._folder, **(self.wanted | values))
        return await self._stack.enter_async_context(serving(create_app(settings), settings))

    async def stop(self) -> None:
        await self._stack.aclose()


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not await reached():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def settled(service: Service) -> None:
    """Wait until nothing waits any more and the index answers."""
    rows = EmbeddingRows(service.context.pocketbase)

    async def done() -> bool:
        if (await rows.counts()).pending:
            return False
        # Asked afterwards: what the database holds by now, the index may still be about to get.
        held = service.context.semantic._holder
        loaded = held is not None and held.index is not None
        return loaded and service.context.embedding.state.state == "idle"

    await until(done)


def messages(
    number: int, session: str = "s", since: int = 1_700_000_000_000
) -> list[dict[str, Any]]:
    return [
        {
            "sessionExternalId": session,
            "externalId": f"m{n}",
            "role": "user",
            "textContent": f"note {n} about topic{n}",
            "createdAt": since + n,
        }
        for n in range(number)
    ]


async def synced(tenant: Tenant, number: int, session: str = "s") -> None:
    head = {"externalId": session, "title": "A title"}
    await accepted(tenant, "batch", {"sessions": [head], "messages": messages(number, session)})


async def vectors_of(tenant: Tenant) -> int:
    held = tenant.service.context.semantic._holder
    assert held is not None and held.index is not None
    return await held.index.count(tenant.id)


async def rows_of(tenant: Tenant) -> int:
    pocketbase = tenant.service.context.pocketbase
    wanted = f"user = '{tenant.id}'"
    found = [r async for r in pocketbase.every("messageEmbeddings", wanted, fields="id")]
    found += [r async for r in pocketbase.every("sessionEmbeddings", wanted, fields="id")]
    return len(found)
