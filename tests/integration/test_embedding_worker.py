"""What is said gets embedded: once, soon, all of it, and only for whom it belongs to."""

from __future__ import annotations

import math
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from sidecar.cli import embed
from sidecar.domain import ids
from sidecar.pocketbase import client
from sidecar.services import semantic
from sidecar.services.search import SearchFilters
from sidecar.workers.embedding import RECORDS
from tests.conftest import Tenant, make_tenant, settings_for
from tests.embedded import (
    Starter,
    messages,
    rows_of,
    settled,
    synced,
    until,
    vectors_of,
)
from tests.embeddings_api import KEY, MODEL, CountingApi
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, free_port
from tests.processes import running
from tests.stored import accepted, read

ANY: Final = SearchFilters()


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
        await service.context.semantic.begin(
            tenant.id, "topic7", 50, scope="messages", filters=ANY
        ).answer
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
    search = service.context.semantic.begin

    async def found(**filters: Any) -> set[str]:
        wanted = SearchFilters(**filters)
        answer = await search(tenant.id, "topic3 note", 50, scope="sessions", filters=wanted).answer
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
    found = await service.context.semantic.begin(
        tenant.id, "topic1", 5, scope="sessions", filters=ANY
    ).answer
    assert found.hits == [] and found.reason and "API key" in found.reason

    await starter.stop()
    service = await starter.start()
    await settled(service)
    assert len(api.texts) == 4


async def test_nothing_is_lost_when_the_sidecar_is_killed(
    starter: Starter, api: CountingApi, own: RealPocketBase, tmp_path: Path
) -> None:
    quiet = await starter.start(embedder="off")
    tenant = await make_tenant(quiet)
    await synced(tenant, 600)
    await starter.stop()

    # Killed while its second request is under way.
    api.answers = 1
    serve = [sys.executable, "-m", "sidecar", "serve"]
    environment = starter.environment() | {"OPENSYNC_SIDECAR_PORT": str(free_port())}
    log = tmp_path / "log"
    with running(serve, log, [PASSWORD, KEY], env=environment) as sidecar:

        async def second_request() -> bool:
            assert sidecar.poll() is None, log.read_text()
            return api.asked == 2

        await until(second_request)
        sidecar.kill()
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
    found = await service.context.semantic.begin(
        tenant.id, "said anew", 9, scope="messages", filters=ANY
    ).answer
    session = ids.session_id(tenant.id, "s")
    assert found.hits[0][:2] == (session, ids.message_id(session, "m0"))
    assert {hit[0] for hit in found.hits} == {session}
    assert await rows_of(tenant) == await vectors_of(tenant) == 3


async def test_what_waits_is_found_by_an_index(starter: Starter, own: RealPocketBase) -> None:
    await starter.start(embedder="off")
    with closing(sqlite3.connect(own.database)) as database:
        for table, column in (("messages", "createdAt"), ("sessions", "updatedAt")):
            plan = database.execute(
                f"EXPLAIN QUERY PLAN SELECT id FROM {table} WHERE embedded != updated "
                f"AND updated <= '' ORDER BY {column} DESC LIMIT 9"
            ).fetchall()
            assert [row[3] for row in plan] == [f"SCAN {table} USING INDEX idx_{table}_unembedded"]


async def test_while_another_model_embeds_everything_anew_words_find_what_it_does_not_know(
    starter: Starter, api: CountingApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semantic, "_RECENT", 0.0)
    monkeypatch.setattr(semantic, "_COUNTED", 0.0)
    service = await starter.start()
    tenant = await make_tenant(service)
    notes = messages(2 * RECORDS, since=1_800_000_000_000)
    await accepted(tenant, "batch", {"messages": notes})
    await settled(service)
    await starter.stop()
    api.forget()

    async def found(q: str) -> dict[str, Any]:
        answer: dict[str, Any] = await read(
            tenant, "/api/search", q=q, type="semantic", scope="messages", limit="5"
        )
        return answer

    # Newest first: 256 of 512 messages and a session are embedded, then the service hangs.
    api.answers, api.of_many = 1, True
    service = await starter.start(embedding_model="another-model")
    tenant = Tenant(tenant.record, tenant.key, tenant.key_id, service)

    async def half() -> bool:
        answer = await found("topic500")
        return answer["realisedMode"] != "fulltext" and "49 %" in str(answer["reason"])

    await until(half)
    session = ids.session_id(tenant.id, "s")
    for number in (3, 500):
        answer = await found(f"topic{number}")
        assert answer["realisedMode"] == "hybrid"
        assert answer["results"][0]["messageId"] == ids.message_id(session, f"m{number}")

    api.go.set()
    await settled(service)
    answer = await found("topic3")
    assert (answer["realisedMode"], answer["reason"]) == ("semantic", None)
    assert answer["results"][0]["messageId"] == ids.message_id(session, "m3")
    assert len([text for text in api.texts if text.startswith("note ")]) >= 2 * RECORDS
    assert await vectors_of(tenant) == await rows_of(tenant) == 2 * RECORDS + 1


async def test_a_message_without_words_is_looked_at_once(
    starter: Starter, api: CountingApi
) -> None:
    service = await starter.start()
    tenant = await make_tenant(service)
    await settled(service)
    api.forget()
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
