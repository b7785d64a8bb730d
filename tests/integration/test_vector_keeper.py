"""The index holds what the database does, in the sidecar's own folder and in Qdrant alike.

For Qdrant the stand-in inside its client answers, which knows no network; where a server would be
away, its methods fail as they do then.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sidecar.domain import ids
from sidecar.index.base import IndexUnavailable, VectorIndex
from sidecar.index.exact import ExactIndex
from sidecar.index.qdrant import QdrantIndex
from sidecar.pocketbase import client
from sidecar.services.search import SearchFilters
from tests.conftest import Tenant, make_tenant
from tests.embedded import (
    Starter,
    messages,
    rows_of,
    settled,
    synced,
    until,
    vectors_of,
)
from tests.embeddings_api import counting_api
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.serving import Service
from tests.stored import Body, accepted, read

AWAY = "The vector index is not reachable at the moment."


@pytest.fixture(params=[ExactIndex, QdrantIndex])
def kind(request: pytest.FixtureRequest) -> type[VectorIndex]:
    chosen: type[VectorIndex] = request.param
    return chosen


@pytest.fixture
async def starter(
    own: RealPocketBase, kind: type[VectorIndex], tmp_path: Path
) -> AsyncIterator[Starter]:
    async with counting_api() as api:
        starter = Starter(own, tmp_path / "data", api)
        if kind is QdrantIndex:
            starter.wanted["qdrant_url"] = str(tmp_path / "qdrant")
        yield starter
        await starter.stop()


def index_of(service: Service) -> VectorIndex:
    held = service.context.semantic._holder
    assert held is not None and held.index is not None
    return held.index


async def nearest(tenant: Tenant, q: str) -> str:
    """Return the message that search by meaning finds first."""
    semantic = tenant.service.context.semantic
    begun = semantic.begin(tenant.id, q, 9, scope="messages", filters=SearchFilters())
    found = await begun.answer
    assert found.reason is None
    return found.hits[0][1]


async def test_what_is_added_changed_and_deleted_is_followed(
    starter: Starter, kind: type[VectorIndex], own: RealPocketBase
) -> None:
    service = await starter.start()
    tenant, other = await make_tenant(service), await make_tenant(service)
    for name in ("s", "t"):
        await synced(tenant, 10, name)
    await synced(other, 10)
    await settled(service)
    assert isinstance(index_of(service), kind)
    assert await vectors_of(tenant) == await rows_of(tenant) == 22

    await accepted(tenant, "message", messages(10)[4] | {"textContent": "about something else"})
    await settled(service)
    session = ids.session_id(tenant.id, "s")
    assert await nearest(tenant, "about something else") == ids.message_id(session, "m4")
    assert await vectors_of(tenant) == 22

    async def holds(number: int) -> bool:
        return await vectors_of(tenant) == number

    pocketbase = service.context.pocketbase
    await pocketbase.delete("sessions", session)
    await until(lambda: holds(11))
    assert await rows_of(tenant) == 11

    await pocketbase.delete("users", tenant.id)
    await until(lambda: holds(0))
    assert await rows_of(tenant) == 0
    assert await vectors_of(other) == 11

    # Deleted while nobody follows.
    await starter.stop()
    async with client.connect(own.url, EMAIL, PASSWORD) as superuser:
        await superuser.delete("sessions", ids.session_id(other.id, "s"))
    service = await starter.start()
    other = Tenant(other.record, other.key, other.key_id, service)
    await settled(service)
    assert await vectors_of(other) == await rows_of(other) == 0


async def test_the_command_has_the_index_built_anew(starter: Starter) -> None:
    service = await starter.start()
    tenant = await make_tenant(service)
    await synced(tenant, 5)
    await settled(service)
    await index_of(service).clear()

    command = [sys.executable, "-m", "sidecar", "index", "rebuild"]
    rebuild = await asyncio.create_subprocess_exec(
        *command, env=starter.environment(), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await rebuild.communicate()

    async def whole() -> bool:
        held = service.context.semantic._holder
        assert held is not None
        return held.index is not None and await held.index.count(tenant.id) == 6

    assert rebuild.returncode == 0 and b"builds the index anew" in said
    await until(whole)
    session = ids.session_id(tenant.id, "s")
    assert await nearest(tenant, "topic3") == ids.message_id(session, "m3")


@dataclass
class Outage:
    """Makes what an index does fail while it is `on`."""

    on: bool = False

    def spoil(self, act: Callable[..., Any]) -> Callable[..., Any]:
        async def act_or_fail(*args: Any, **named: Any) -> Any:
            if self.on:
                raise IndexUnavailable(AWAY)
            return await act(*args, **named)

        return act_or_fail


@pytest.fixture
def outage(kind: type[VectorIndex], monkeypatch: pytest.MonkeyPatch) -> Outage:
    outage = Outage()
    for name in ("upsert", "remove", "search", "stats", "save"):
        monkeypatch.setattr(kind, name, outage.spoil(getattr(kind, name)))
    return outage


async def test_while_the_index_is_away_words_find_and_it_catches_up_afterwards(
    starter: Starter, outage: Outage
) -> None:
    service = await starter.start()
    tenant = await make_tenant(service)
    await synced(tenant, 5)
    await settled(service)

    async def searched(q: str) -> Body:
        answer: Body = await read(tenant, "/api/search", q=q, scope="messages")
        return answer

    assert (await searched("topic3"))["realisedMode"] == "hybrid"
    outage.on = True
    during = await searched("topic3 note")
    await synced(tenant, 3, "t")
    await service.context.pocketbase.delete("sessions", ids.session_id(tenant.id, "s"))

    async def closed() -> bool:
        held = service.context.semantic._holder
        return held is not None and held.index is None

    await until(closed)
    closed_answer = await searched("topic2")
    outage.on = False
    await settled(service)

    session = ids.session_id(tenant.id, "t")
    assert (during["realisedMode"], during["reason"]) == ("fulltext", AWAY)
    assert during["results"][0]["messageId"]
    assert closed_answer["realisedMode"] == "fulltext" and closed_answer["reason"]
    assert [hit["sessionId"] for hit in closed_answer["results"]] == [session]
    assert await vectors_of(tenant) == await rows_of(tenant) == 4
    assert await nearest(tenant, "topic2") == ids.message_id(session, "m2")
