"""What is said gets embedded: once, soon, all of it, and only for whom it belongs to."""

from __future__ import annotations

import asyncio
import math
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any, Final

import pytest

from sidecar.app import create_app
from sidecar.cli import embed
from sidecar.config import PREFIX
from sidecar.domain import ids
from sidecar.pocketbase import client, schema
from sidecar.resources import resource
from sidecar.services.search import SearchFilters
from sidecar.workers.embedding import RECORDS
from sidecar.workers.embedding_rows import EmbeddingRows
from tests.conftest import Tenant, make_tenant, settings_for
from tests.embeddings_api import DIMENSIONS, KEY, MODEL, CountingApi, counting_api
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, free_port
from tests.serving import Service, serving
from tests.stored import accepted

PATIENCE: Final = 30.0
ANY: Final = SearchFilters()


@pytest.fixture(scope="module")
async def process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealPocketBase]:
    """A PocketBase of this module's own: what waits anywhere counts for everybody."""
    process = RealPocketBase(tmp_path_factory.mktemp("embedded"))
    process.make_superuser()
    process.start()
    async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
        await schema.apply(superuser, schema.load(resource("pb_schema")))
    yield process
    process.stop()


@pytest.fixture
async def api() -> AsyncIterator[CountingApi]:
    async with counting_api() as api:
        yield api


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


@pytest.fixture
async def starter(
    process: RealPocketBase, tmp_path: Path, api: CountingApi
) -> AsyncIterator[Starter]:
    starter = Starter(process, tmp_path, api)
    yield starter
    await starter.stop()


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not await reached():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def settled(service: Service) -> None:
    """Wait until nothing waits any more and the index answers."""
    rows = EmbeddingRows(service.context.pocketbase)

    async def done() -> bool:
        idle = service.context.embedding.state.state == "idle"
        held = service.context.semantic._holder
        loaded = held is not None and held.index is not None
        return idle and loaded and (await rows.counts()).pending == 0

    await until(done)


def messages(number: int, session: str = "s") -> list[dict[str, Any]]:
    return [
        {
            "sessionExternalId": session,
            "externalId": f"m{n}",
            "role": "user",
            "textContent": f"note {n} about topic{n}",
            "createdAt": 1_700_000_000_000 + n,
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


async def test_texts_are_sent_in_batches_once_and_only_a_changed_one_again(
    starter: Starter, api: CountingApi
) -> None:
    quiet = await starter.start(embedder="off")
    tenant = await make_tenant(quiet)
    await synced(tenant, 1_000)
    await starter.stop()
    service = await starter.start()
    tenant = Tenant(tenant.record, tenant.key, tenant.key_id, service)
    await settled(service)

    assert len(api.calls) <= math.ceil(1_001 / RECORDS)
    assert len(api.texts) == len(set(api.texts)) == 1_001
    assert api.texts[0] == "note 999 about topic999"
    assert await rows_of(tenant) == await vectors_of(tenant) == 1_001

    api.forget()
    await synced(tenant, 1_000)
    await accepted(tenant, "session", {"externalId": "s", "title": "A title", "cost": 3})
    await settled(service)
    assert api.asked == 0

    changed = messages(1_000)[500] | {"textContent": "now about something else"}
    await accepted(tenant, "message", changed)
    await settled(service)
    assert api.texts == ["now about something else"]
    assert await rows_of(tenant) == await vectors_of(tenant) == 1_001


async def test_what_is_near_is_found_and_only_in_ones_own_sessions(starter: Starter) -> None:
    service = await starter.start()
    one, other = await make_tenant(service), await make_tenant(service)
    for tenant in (one, other):
        await synced(tenant, 20)
    await settled(service)

    answers = [
        await service.context.semantic.search(
            tenant.id, "topic7", 50, scope="messages", filters=ANY, deadline=10.0
        )
        for tenant in (one, other)
    ]
    for tenant, answer in zip((one, other), answers, strict=True):
        session = ids.session_id(tenant.id, "s")
        assert answer.reason is None
        assert answer.hits[0][1] == ids.message_id(session, "m7")
        assert {hit[0] for hit in answer.hits} == {session}
    assert [hit[2] for hit in answers[0].hits] == [hit[2] for hit in answers[1].hits]


async def test_filters_of_sessions_and_messages_count(starter: Starter) -> None:
    service = await starter.start()
    tenant = await make_tenant(service)
    for name in ("s", "t"):
        await synced(tenant, 5, name)
    await accepted(tenant, "session", {"externalId": "t", "projectName": "blue"})
    await settled(service)
    search = service.context.semantic.search

    async def found(**filters: Any) -> set[str]:
        wanted = SearchFilters(**filters)
        answer = await search(
            tenant.id, "topic3 note", 50, scope="sessions", filters=wanted, deadline=10.0
        )
        assert answer.reason is None
        return {hit[0] for hit in answer.hits}

    s, t = (ids.session_id(tenant.id, name) for name in ("s", "t"))
    assert await found() == {s, t}
    assert await found(project="blue") == {t}
    assert await found(session=s) == {s}
    assert await found(project="red") == set()
    assert await found(role="user") == {s, t}
    assert await found(role="assistant") == set()
    assert await found(since=1_700_000_000_003, until=1_700_000_000_003) == {s, t}
    assert await found(until=1) == set()


async def test_a_pause_that_the_service_asks_for_is_kept(
    starter: Starter, api: CountingApi
) -> None:
    api.refusals = [(429, {"Retry-After": "2"})]
    service = await starter.start()
    tenant = await make_tenant(service)
    await synced(tenant, 3)

    async def paused() -> bool:
        return service.context.embedding.state.state == "paused"

    await until(paused)
    assert "rate limit" in service.context.embedding.state.reason
    await settled(service)
    assert api.times[1] - api.times[0] >= 2
    assert len(api.texts) == len(set(api.texts)) == 4


async def test_a_wrong_key_stops_the_work_and_says_so(starter: Starter, api: CountingApi) -> None:
    service = await starter.start(embedding_api_key="wrong")
    tenant = await make_tenant(service)
    await synced(tenant, 3)

    async def stopped() -> bool:
        return service.context.embedding.state.state == "stopped"

    await until(stopped)
    async with service.client() as visitor:
        answer = await visitor.get("/ready")
    assert answer.status_code == 200
    assert "API key" in answer.json()["embedding"]["reason"]
    assert answer.json()["embedding"]["state"] == "stopped"
    assert api.asked == 1
    found = await service.context.semantic.search(
        tenant.id, "topic1", 5, scope="sessions", filters=ANY, deadline=5.0
    )
    assert found.hits == [] and found.reason and "API key" in found.reason

    await starter.stop()
    service = await starter.start()
    await settled(service)
    assert len(api.texts) == 4


async def test_nothing_is_lost_when_the_sidecar_is_killed(
    starter: Starter, api: CountingApi, process: RealPocketBase, tmp_path: Path
) -> None:
    quiet = await starter.start(embedder="off")
    tenant = await make_tenant(quiet)
    await synced(tenant, 600)
    await starter.stop()

    # Killed while its second request is under way.
    api.answers = 1
    serve = [sys.executable, "-m", "sidecar", "serve"]
    environment = starter.environment() | {"OPENSYNC_SIDECAR_PORT": str(free_port())}
    with (tmp_path / "log").open("wb") as log:
        sidecar = await asyncio.create_subprocess_exec(
            *serve, env=environment, stdout=log, stderr=log
        )
    try:

        async def second_request() -> bool:
            assert sidecar.returncode is None, (tmp_path / "log").read_text()
            return api.asked == 2

        await until(second_request)
    finally:
        sidecar.kill()
        await sidecar.wait()
    assert len(api.texts) == RECORDS

    api.answers = None
    service = await starter.start()
    tenant = Tenant(tenant.record, tenant.key, tenant.key_id, service)
    await settled(service)
    assert await rows_of(tenant) == await vectors_of(tenant) == 601
    assert len(api.texts) == len(set(api.texts)) == 601

    api.forget()
    await starter.stop()
    service = await starter.start()  # from its snapshot
    tenant = Tenant(tenant.record, tenant.key, tenant.key_id, service)
    await settled(service)
    assert api.asked == 0
    assert await vectors_of(tenant) == 601


async def test_what_changes_or_goes_while_it_is_embedded_ends_as_it_is(
    starter: Starter, api: CountingApi
) -> None:
    api.answers = 0
    service = await starter.start()
    tenant = await make_tenant(service)
    for name in ("s", "t"):
        await synced(tenant, 2, name)

    async def asked() -> bool:
        return api.asked == 1

    await until(asked)
    await accepted(tenant, "message", messages(2)[0] | {"textContent": "said anew"})
    await service.context.pocketbase.delete("sessions", ids.session_id(tenant.id, "t"))
    api.answers = None
    api.go.set()
    await settled(service)

    assert "said anew" in api.texts
    found = await service.context.semantic.search(
        tenant.id, "said anew", 9, scope="messages", filters=ANY, deadline=10.0
    )
    session = ids.session_id(tenant.id, "s")
    assert found.hits[0][:2] == (session, ids.message_id(session, "m0"))
    assert {hit[0] for hit in found.hits} == {session}
    assert await rows_of(tenant) == await vectors_of(tenant) == 3


async def test_what_waits_is_found_by_an_index(starter: Starter, process: RealPocketBase) -> None:
    await starter.start(embedder="off")
    with closing(sqlite3.connect(process.database)) as database:
        for table, column in (("messages", "createdAt"), ("sessions", "updatedAt")):
            plan = database.execute(
                f"EXPLAIN QUERY PLAN SELECT id FROM {table} WHERE embedded != updated "
                f"AND updated <= '' ORDER BY {column} DESC LIMIT 9"
            ).fetchall()
            assert [row[3] for row in plan] == [f"SCAN {table} USING INDEX idx_{table}_unembedded"]


async def test_what_is_deleted_is_gone_from_database_and_index(
    starter: Starter, process: RealPocketBase
) -> None:
    service = await starter.start()
    tenant, other = await make_tenant(service), await make_tenant(service)
    for name in ("s", "t"):
        await synced(tenant, 10, name)
    await synced(other, 10)
    await settled(service)
    assert await vectors_of(tenant) == await rows_of(tenant) == 22
    pocketbase = service.context.pocketbase

    await pocketbase.delete("sessions", ids.session_id(tenant.id, "s"))

    async def holds(number: int) -> bool:
        return await vectors_of(tenant) == number

    await until(lambda: holds(11), 5)
    assert await rows_of(tenant) == 11

    await pocketbase.delete("users", tenant.id)
    await until(lambda: holds(0), 5)
    assert await rows_of(tenant) == 0
    assert await vectors_of(other) == 11

    # Deleted while nobody follows.
    await starter.stop()
    async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
        await superuser.delete("sessions", ids.session_id(other.id, "s"))
    service = await starter.start()
    other = Tenant(other.record, other.key, other.key_id, service)
    await settled(service)
    assert await vectors_of(other) == await rows_of(other) == 0


async def test_another_number_of_dimensions_embeds_everything_anew(
    starter: Starter, api: CountingApi
) -> None:
    service = await starter.start()
    tenant = await make_tenant(service)
    await synced(tenant, 5)
    await settled(service)
    api.forget()
    await starter.stop()

    service = await starter.start(embedding_model="another-model")
    tenant = Tenant(tenant.record, tenant.key, tenant.key_id, service)
    await settled(service)
    assert len([text for text in api.texts if "topic" in text]) >= 5
    assert await vectors_of(tenant) == await rows_of(tenant) == 6


async def test_the_index_is_built_anew_when_asked(starter: Starter) -> None:
    service = await starter.start()
    tenant = await make_tenant(service)
    await synced(tenant, 5)
    await settled(service)
    held = service.context.semantic._holder
    assert held is not None and held.index is not None
    await held.index.clear()

    await EmbeddingRows(service.context.pocketbase).ask_for_rebuild("now")

    async def whole() -> bool:
        return held.index is not None and await held.index.count(tenant.id) == 6

    await until(whole)


async def test_a_message_without_words_is_looked_at_once(
    starter: Starter, api: CountingApi
) -> None:
    service = await starter.start()
    tenant = await make_tenant(service)
    thinking = [{"type": "thinking", "content": "hm"}]
    body = {"sessionExternalId": "s", "externalId": "m", "role": "assistant", "parts": thinking}
    await accepted(tenant, "message", body)
    await settled(service)
    assert api.asked == 0
    assert await rows_of(tenant) == 0


async def test_the_commands_tell_how_far_it_is_and_work_where_no_sidecar_does(
    starter: Starter, api: CountingApi, capsys: pytest.CaptureFixture[str]
) -> None:
    off = await starter.start(embedder="off", sidecar_port=free_port())
    tenant = await make_tenant(off)
    await synced(tenant, 5)
    before = await embed._status(off.context.pocketbase, off.settings)
    assert before["pending"] >= 6
    assert before["state"] == "stopped" and "OPENSYNC_EMBEDDER=off" in before["reason"]
    assert set(before) == {"pending", "embedded", "state", "reason", "model", "embedder"}

    await starter.stop()
    settings = settings_for(
        off.settings.pocketbase_url,
        off.settings.data,
        **(starter.wanted | {"sidecar_port": free_port()}),
    )
    async with client.connect(settings.pocketbase_url, EMAIL, PASSWORD) as pocketbase:
        await embed._backfill(pocketbase, settings)
        after = await embed._status(pocketbase, settings)
    assert "Everything is embedded." in capsys.readouterr().out
    assert (after["pending"], after["model"]) == (0, MODEL)
    assert after["embedded"] >= before["embedded"] + 6

    # The sidecar that starts next reads them; it sends nothing.
    api.forget()
    service = await starter.start()
    tenant = Tenant(tenant.record, tenant.key, tenant.key_id, service)
    await settled(service)
    assert api.asked == 0
    assert await vectors_of(tenant) == 6
