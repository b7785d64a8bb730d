"""When a sidecar asks which version the database has, and what it makes of the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from sidecar.errors import PocketBaseUnavailable, SchemaMisfit
from sidecar.pocketbase import version
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.version import VersionGuard
from sidecar.resources import resource

OURS = version.hooks_in(resource("pb_hooks"))


class Database:
    """Answers as PocketBase does, and counts how often it is asked for its version."""

    def __init__(self) -> None:
        self.version = 2
        self.hooks = OURS
        self.asked = 0
        self.written = 0
        self.status = 200

    async def answer(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)  # others may ask meanwhile
        if request.url.path.endswith("auth-with-password"):
            return httpx.Response(200, json={"token": "t"})
        if request.url.path == "/api/opensync/superuser":
            return httpx.Response(204)
        if request.url.path == version.ROUTE:
            self.asked += 1
            body = {"version": self.version, "hooks": self.hooks}
            return httpx.Response(self.status, content=json.dumps(body))
        self.written += 1
        return httpx.Response(200, json={})


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def guard(now: list[float]) -> VersionGuard:
    return VersionGuard(2, OURS, lambda: now[0])


@pytest.fixture
async def pocketbase(database: Database, guard: VersionGuard) -> AsyncIterator[PocketBase]:
    transport = httpx.MockTransport(database.answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://pb.test") as http:
        yield PocketBase(http, "a@example.test", "p", guard)


async def test_it_asks_once_for_many_requests_and_again_after_a_while(
    pocketbase: PocketBase, database: Database, now: list[float]
) -> None:
    for _ in range(20):
        await pocketbase.send("POST", "/api/opensync/ingest", {})
    assert (database.asked, database.written) == (1, 20)

    database.version = 3  # somebody upgrades it while this program runs
    now[0] += 60
    with pytest.raises(SchemaMisfit, match="upgraded"):
        await pocketbase.send("POST", "/api/opensync/ingest", {})
    assert (database.asked, database.written) == (2, 20)


async def test_after_the_upgrade_it_goes_on(
    pocketbase: PocketBase, database: Database, now: list[float]
) -> None:
    database.version = 1
    with pytest.raises(SchemaMisfit) as raised:
        await pocketbase.get("/api/collections/sessions/records")
    assert "`opensync schema apply`" in raised.value.cure

    database.version = 2
    now[0] += 2
    await pocketbase.get("/api/collections/sessions/records")
    assert database.written == 1


@pytest.mark.parametrize("status", [400, 500, 503])
async def test_while_the_version_cannot_be_told_nothing_passes_and_nothing_is_refused_for_good(
    pocketbase: PocketBase, database: Database, status: int
) -> None:
    database.status = status
    with pytest.raises(PocketBaseUnavailable) as raised:
        await pocketbase.send("POST", "/api/opensync/ingest", {})
    assert not isinstance(raised.value, SchemaMisfit)

    database.status = 200
    await pocketbase.send("POST", "/api/opensync/ingest", {})
    assert database.written == 1


async def test_a_silent_database_is_asked_once_for_all_who_wait(
    pocketbase: PocketBase, database: Database
) -> None:
    database.status = 503
    ingests = [pocketbase.send("POST", "/api/opensync/ingest", {}) for _ in range(20)]
    answers = await asyncio.gather(*ingests, return_exceptions=True)

    assert [type(answer) for answer in answers] == [PocketBaseUnavailable] * 20
    assert database.asked == 1

    database.status = 200
    await pocketbase.send("POST", "/api/opensync/ingest", {})
    assert (database.asked, database.written) == (2, 1)


async def test_other_hooks_are_told_and_stop_nothing(
    pocketbase: PocketBase, database: Database, guard: VersionGuard
) -> None:
    database.hooks = "of another version"
    await pocketbase.send("POST", "/api/opensync/ingest", {})

    assert guard.has_other_hooks
    assert database.written == 1
