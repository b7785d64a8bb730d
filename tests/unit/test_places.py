"""However many exports a user starts, the database is asked a few things at a time."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import Any, cast

from sidecar.domain.clock import Clock
from sidecar.domain.selection import Selection
from sidecar.pocketbase.client import PocketBase
from sidecar.services.exports import AT_ONCE, ExportService
from sidecar.services.limits import Places


class Asked:
    """A PocketBase that knows one session, and how many ask for it at the same time."""

    def __init__(self) -> None:
        self.now: dict[str, int] = {}
        self.most = 0

    async def request(
        self, method: str, path: str, *, params: dict[str, str], json: dict[str, Any]
    ) -> SimpleNamespace:
        user = json["user"]
        self.now[user] = self.now.get(user, 0) + 1
        self.most = max(self.most, self.now[user])
        await asyncio.sleep(0.001)
        self.now[user] -= 1
        answers = {
            "ids": b'["s"]',
            "sessions": b"[]",
            "messages": b'{"messages":[],"hasMore":false}',
        }
        return SimpleNamespace(content=answers[params["do"]])


async def test_the_exports_of_a_user_take_turns() -> None:
    pocketbase = Asked()
    service = ExportService(cast(PocketBase, pocketbase), Clock())

    async def read_whole() -> int:
        download = await service.sessions(
            "ada", Selection(filter={}), "json", zipped=False, raw=False
        )
        return sum([len(chunk) async for chunk in download.chunks])

    sizes = await asyncio.gather(*(read_whole() for _ in range(30)))

    assert all(sizes)
    assert pocketbase.most == AT_ONCE


async def test_places_are_each_ones_own_and_forgotten_when_nobody_is_there() -> None:
    places = Places(1)
    async with places.of("ada"), places.of("bob"):
        assert places.of("ada").locked()
    gc.collect()

    assert len(places._taken) == 0
