"""Clients that sync while PocketBase comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from tests.conftest import Tenant
from tests.serving import Service
from tests.stored import contents_of, messages_of, post, session_of

PATIENCE = 60.0
CLIENTS, EACH = 8, 40
ALL = CLIENTS * EACH


def assert_come_back_later(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert list(answer.json()) == ["error"]
    assert "later" in answer.json()["error"] or "again" in answer.json()["error"]


def message(number: int | str) -> dict[str, Any]:
    return {
        "sessionExternalId": "s",
        "externalId": str(number),
        "textContent": f"message {number}",
        "parts": [f"{number} a", f"{number} b"],
    }


class Load:
    """Clients that post messages until each has sent its share, and note what was answered."""

    def __init__(self, tenant: Tenant) -> None:
        self.stored: set[str] = set()
        self.refused: list[httpx.Response] = []
        self._tenant = tenant
        self._news = asyncio.Condition()

    async def run(self, *, again: bool = False) -> None:
        """Post; with `again`, a message that is refused is sent until it is taken."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(self._client(number, again) for number in range(CLIENTS)))

    async def answered(self, number: int) -> None:
        """Wait until so many messages have been taken."""
        await self._until(lambda: len(self.stored) >= number)

    async def refusals(self, number: int) -> None:
        """Wait until so many messages have been refused."""
        await self._until(lambda: len(self.refused) >= number)

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(reached)

    async def _client(self, number: int, again: bool) -> None:
        async with self._tenant.api as api:
            for index in range(EACH):
                body = message(f"{number}-{index}")
                while not await self._post(api, body) and again:
                    pass

    async def _post(self, api: httpx.AsyncClient, body: dict[str, Any]) -> bool:
        answer = await api.post("/sync/message", json=body)
        if answer.status_code == 200:
            self.stored.add(body["externalId"])
        else:
            assert_come_back_later(answer)
            self.refused.append(answer)
        async with self._news:
            self._news.notify_all()
        return answer.status_code == 200


async def until(reached: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def taken(tenant: Tenant, path: str, body: Any) -> None:
    """Send a sync request, again and again while the answer is to come back later."""
    async with asyncio.timeout(PATIENCE):
        while (answer := await post(tenant, path, body)).status_code == 503:
            assert_come_back_later(answer)
    assert answer.status_code == 200, answer.text


async def drained(service: Service) -> None:
    """Wait until nothing waits in the spool."""
    await until(lambda: service.context.spool.state.counts.waiting == 0)


async def assert_nothing_lost_or_doubled(tenant: Tenant, load: Load) -> None:
    found = [record["externalId"] for record in await messages_of(tenant)]
    assert len(found) == len(set(found))
    assert load.stored <= set(found)
    # What was refused may have been stored, when only the answer was lost.
    assert len(found) <= len(load.stored) + len(load.refused)
    assert (await session_of(tenant))["messageCount"] == len(found)
    for name in ("0-0", f"{CLIENTS - 1}-{EACH - 1}"):
        if name in load.stored:
            assert await contents_of(tenant, name) == [f"{name} a", f"{name} b"]
