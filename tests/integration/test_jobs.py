"""Deleting much: a selection, all data, the account. In the background, and nothing is left."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any

import pytest

from sidecar.app import create_app
from sidecar.domain import ids
from sidecar.errors import UpstreamError
from sidecar.pocketbase.client import PocketBase
from tests.conftest import Tenant, make_tenant, settings_for
from tests.pocketbase import RealPocketBase, own_pocketbase
from tests.realtime import Heard, subscribed
from tests.serving import Service, serving
from tests.stored import accepted, messages_of, parts_of, post, session_of, sessions_of

PATIENCE = 60.0
Json = dict[str, Any]

# Where rows of a user may be, and whose they are: :user stands for the user's id.
TABLES = {
    "sessions": "user = :user",
    "messages": "session IN (SELECT id FROM sessions WHERE user = :user)",
    "parts": "message IN (SELECT messages.id FROM messages JOIN sessions ON sessions.id = session "
    "WHERE user = :user)",
    "messageEmbeddings": "user = :user",
    "sessionEmbeddings": "user = :user",
    "apiLogs": "user = :user",
    "apiKeys": "user = :user",
    "jobs": "user = :user",
    "users": "id = :user",
    "searchDocs": "user = :user",
    "trash": "user = :user",
    "trashRows": "trash IN (SELECT id FROM trash WHERE user = :user)",
}
ORPHANS = {
    "messages": "session NOT IN (SELECT id FROM sessions)",
    "parts": "message NOT IN (SELECT id FROM messages)",
    "messageEmbeddings": "message NOT IN (SELECT id FROM messages)",
    "sessionEmbeddings": "session NOT IN (SELECT id FROM sessions)",
    "searchDocs": "record NOT IN (SELECT id FROM sessions UNION ALL SELECT id FROM messages)",
    "searchQueue": "record NOT IN (SELECT id FROM sessions UNION ALL SELECT id FROM messages)",
    "searchText": "rowid NOT IN (SELECT doc FROM searchDocs)",
    "trashRows": "trash NOT IN (SELECT id FROM trash)",
}


def counted(process: RealPocketBase, tables: dict[str, str], user: str = "") -> dict[str, int]:
    """Return how many rows there are that fulfil the conditions, leaving out tables with none."""
    with closing(sqlite3.connect(f"file:{process.database}?mode=ro", uri=True)) as database:
        found = {
            name: database.execute(
                f"SELECT count(*) FROM {name} WHERE {condition}",
                {"user": user} if ":user" in condition else {},
            ).fetchone()[0]
            for name, condition in tables.items()
        }
    return {name: number for name, number in found.items() if number}


async def fill(tenant: Tenant, prefix: str, sessions: int, messages: int, parts: int = 1) -> None:
    body: Json = {"sessions": [], "messages": []}
    for number in range(sessions):
        name = f"{prefix}{number}"
        body["sessions"].append({"externalId": name, "title": name, "source": prefix})
        body["messages"] += [
            {
                "sessionExternalId": name,
                "externalId": f"m{n}",
                "role": "user",
                "textContent": f"words of {prefix}",
                "parts": [{"type": "text", "content": f"part {p}"} for p in range(parts)],
            }
            for n in range(messages)
        ]
    await accepted(tenant, "batch", body)


async def asked(tenant: Tenant, method: str, path: str, body: Json | None = None) -> Json:
    async with tenant.browser as http:
        answer = await http.request(method, path, json=body)
    assert answer.status_code in (200, 202), answer.text
    result: Json = answer.json()
    return result


async def ended(tenant: Tenant, job: str) -> Json:
    """Return the job once it has ended."""
    path = f"/api/collections/jobs/records/{job}"
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await tenant.service.context.pocketbase.get(path)
            if found["finishedAt"]:
                return found
            await asyncio.sleep(0.02)


async def delete(tenant: Tenant, selection: Json) -> Json:
    """Delete what is selected; return the job when it has ended."""
    answer = await asked(tenant, "POST", "/api/sessions/delete", selection)
    return await ended(tenant, answer["job"]["id"])


def session_id(tenant: Tenant, name: str) -> str:
    return ids.session_id(tenant.id, name)


async def index_texts(tenant: Tenant) -> None:
    pocketbase, left = tenant.service.context.pocketbase, 1
    while left:
        answer = await pocketbase.send("POST", "/api/opensync/search/prepare", {})
        left = answer["remaining"]


@pytest.fixture(scope="module")
async def service(
    own: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A sidecar on a PocketBase of this module's own: rows are counted in its whole database."""
    settings = settings_for(own.url, tmp_path_factory.mktemp("data"))
    async with serving(create_app(settings), settings) as running:
        yield running


async def test_a_thousand_sessions_go_in_one_request_with_all_that_hangs_on_them(
    tenant: Tenant, own: RealPocketBase
) -> None:
    for block in range(10):
        await fill(tenant, f"gone{block}-", sessions=100, messages=3, parts=2)
    await fill(tenant, "kept", sessions=1, messages=2)
    await index_texts(tenant)
    vector = {"user": tenant.id, "session": session_id(tenant, "gone0-0"), "vector": "AAAA"}
    message = ids.message_id(vector["session"], "m0")
    pocketbase = tenant.service.context.pocketbase
    await pocketbase.create("sessionEmbeddings", vector)
    await pocketbase.create("messageEmbeddings", {**vector, "message": message})

    wanted = [session_id(tenant, f"gone{b}-{n}") for b in range(10) for n in range(100)]
    job = await delete(tenant, {"ids": wanted})

    assert (job["status"], job["total"], job["done"]) == ("done", 1000, 1000)
    assert job["counts"] == {
        "sessions": 1000,
        "messages": 3000,
        "parts": 6000,
        "sessionEmbeddings": 1,
        "messageEmbeddings": 1,
    }
    left = counted(own, TABLES, tenant.id)
    assert {name: left.get(name, 0) for name in ("sessions", "messages", "parts")} == {
        "sessions": 1,
        "messages": 2,
        "parts": 2,
    }
    assert left["searchDocs"] == 3
    assert "messageEmbeddings" not in left and "sessionEmbeddings" not in left
    assert counted(own, ORPHANS) == {}


async def test_all_that_match_go_but_the_exceptions_and_nobody_elses(
    tenant: Tenant, other: Tenant
) -> None:
    for one in (tenant, other):
        await fill(one, "short", sessions=3, messages=1)
        await fill(one, "long", sessions=2, messages=5)

    job = await delete(
        tenant,
        {
            "filter": {"maxMessages": 2, "source": ["short", "long"]},
            "except": [session_id(tenant, "short1")],
        },
    )

    assert job["done"] == 2
    assert {row["externalId"] for row in await sessions_of(tenant)} == {"short1", "long0", "long1"}
    assert len(await sessions_of(other)) == 5


async def test_another_users_sessions_cannot_be_selected(tenant: Tenant, other: Tenant) -> None:
    await fill(other, "theirs", sessions=2, messages=1)

    by_id = await delete(tenant, {"ids": [session_id(other, "theirs0")]})
    by_filter = await delete(tenant, {"filter": {}})

    assert (by_id["total"], by_id["done"], by_filter["done"]) == (0, 0, 0)
    assert len(await sessions_of(other)) == 2


async def test_a_selection_that_is_not_understood_deletes_nothing(tenant: Tenant) -> None:
    await fill(tenant, "s", sessions=1, messages=1)

    async with tenant.browser as http:
        answer = await http.post("/api/sessions/delete", json={"filter": {"sourec": "codex"}})

    assert answer.status_code == 422
    assert len(await sessions_of(tenant)) == 1


async def test_what_arrives_after_the_request_stays(tenant: Tenant) -> None:
    await fill(tenant, "old", sessions=3, messages=1)
    job = await unwatched_job(tenant)
    await asyncio.sleep(0.01)  # the times of rows have milliseconds
    await fill(tenant, "new", sessions=2, messages=1)

    while not (await step(tenant.service.context.pocketbase, job, size=10))["isFinished"]:
        pass

    assert {row["externalId"] for row in await sessions_of(tenant)} == {"new0", "new1"}


async def test_one_session_deleted_in_pocketbase_takes_everything_along(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=2, messages=20, parts=3)
    await index_texts(tenant)
    pocketbase = tenant.service.context.pocketbase

    async with subscribed(own.url, await tenant.token(), "sessions/*") as subscriber:
        await pocketbase.delete("sessions", session_id(tenant, "s0"))
        heard = await subscriber.event()

    assert (heard.action, heard.record["externalId"]) == ("delete", "s0")
    left = counted(own, TABLES, tenant.id)
    assert (left["sessions"], left["messages"], left["parts"]) == (1, 20, 60)
    assert left["searchDocs"] == 21
    assert counted(own, ORPHANS) == {}


async def test_a_deleted_session_comes_back_from_new_data_alone(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=1, messages=5, parts=3)
    await delete(tenant, {"ids": [session_id(tenant, "s0")]})

    sent = {"sessionExternalId": "s0", "externalId": "later", "textContent": "hello"}
    await accepted(tenant, "message", {**sent, "parts": [{"type": "text", "content": "hello"}]})

    assert (await session_of(tenant, "s0"))["messageCount"] == 1
    assert [row["externalId"] for row in await messages_of(tenant, "s0")] == ["later"]
    assert len(await parts_of(tenant, "later", "s0")) == 1
    assert counted(own, ORPHANS) == {}


async def test_while_a_plugin_keeps_syncing_no_orphan_is_left_and_the_counters_are_true(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=30, messages=20, parts=2)
    stop = asyncio.Event()

    sent = 0

    async def sync() -> None:
        nonlocal sent
        while not stop.is_set():
            message = {
                "sessionExternalId": f"s{sent % 30}",
                "externalId": f"new{sent}",
                "textContent": "more",
                "parts": [{"type": "text", "content": "more"}],
            }
            await accepted(tenant, "message", message)
            sent += 1

    syncing = asyncio.create_task(sync())
    try:
        job = await delete(tenant, {"filter": {"source": "s"}})
    finally:
        stop.set()
        await syncing

    assert sent > 0
    assert job["status"] == "done"
    assert job["done"] >= 30
    for row in await sessions_of(tenant):
        assert row["messageCount"] == len(await messages_of(tenant, row["externalId"]))
    assert counted(own, ORPHANS) == {}


async def test_a_session_longer_than_a_step_goes_in_steps_with_true_counters(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=1, messages=25, parts=2)
    pocketbase = tenant.service.context.pocketbase
    job = await unwatched_job(tenant)

    first = await step(pocketbase, job, size=10)
    halfway = await session_of(tenant, "s0")
    left = len(await messages_of(tenant, "s0"))
    seen = [await step(pocketbase, job, size=10) for _ in range(3)]

    assert not first["isFinished"]
    assert (halfway["messageCount"], left) == (15, 15)
    assert [each["isFinished"] for each in seen] == [False, False, True]
    assert await sessions_of(tenant) == []
    assert (await ended(tenant, job))["counts"]["parts"] == 50
    assert counted(own, ORPHANS) == {}


async def test_a_cancelled_job_stops_and_leaves_no_session_in_part(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=2, messages=25)
    pocketbase = tenant.service.context.pocketbase
    job = await unwatched_job(tenant)
    await step(pocketbase, job, size=10)

    answer = await asked(tenant, "POST", f"/api/jobs/{job}/cancel")
    # The rest of the session that was begun goes in steps, too: sync need not wait for all of it.
    steps = 1
    while not (await step(pocketbase, job, size=10))["isFinished"]:
        steps += 1
    again = await asked(tenant, "POST", f"/api/jobs/{job}/cancel")

    assert answer["job"]["status"] == again["job"]["status"] == "cancelled"
    assert (again["job"]["done"], steps) == (1, 3)
    assert again["job"]["finishedAt"] > 0
    (left,) = await sessions_of(tenant)
    assert left["messageCount"] == len(await messages_of(tenant, left["externalId"])) == 25
    assert counted(own, ORPHANS) == {}


async def test_after_a_cancelled_deletion_of_all_data_another_one_can_begin(
    tenant: Tenant,
) -> None:
    await fill(tenant, "s", sessions=1, messages=25)
    pocketbase = tenant.service.context.pocketbase
    values = {"user": tenant.id, "kind": "deleteData", "selection": {}}
    first = (await pocketbase.send("POST", "/api/opensync/jobs?do=create", values))["job"]["id"]
    await step(pocketbase, first, size=10)
    await asked(tenant, "POST", f"/api/jobs/{first}/cancel")

    second = (await pocketbase.send("POST", "/api/opensync/jobs?do=create", values))["job"]["id"]
    for job in (first, second):
        while not (await step(pocketbase, job, size=10))["isFinished"]:
            pass

    assert second != first
    assert await sessions_of(tenant) == []


async def test_a_job_that_does_not_say_what_it_is_about_deletes_nothing(tenant: Tenant) -> None:
    await fill(tenant, "s", sessions=1, messages=1)
    pocketbase = tenant.service.context.pocketbase
    values = {"user": tenant.id, "kind": "deleteSessions", "status": "queued"}
    job = (await pocketbase.create("jobs", values))["id"]

    with pytest.raises(UpstreamError):
        await step(pocketbase, job, size=10)

    assert len(await sessions_of(tenant)) == 1
    await pocketbase.delete("jobs", job)


async def test_a_killed_database_and_a_new_sidecar_go_on_where_they_were(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with own_pocketbase(tmp_path_factory.mktemp("mortal")) as process:
        settings = settings_for(process.url, tmp_path_factory.mktemp("data"))
        async with serving(create_app(settings), settings) as running:
            tenant = await make_tenant(running)
            await fill(tenant, "s", sessions=200, messages=10)
            started = await asked(tenant, "POST", "/api/sessions/delete", {"filter": {}})
            await until(lambda: counted(process, TABLES, tenant.id)["sessions"] < 150)
            process.kill()
        process.start()
        assert 0 < counted(process, TABLES, tenant.id)["sessions"] < 200

        async with serving(create_app(settings), settings) as running:
            tenant.service = running
            job = await ended(tenant, started["job"]["id"])

        assert (job["status"], job["done"]) == ("done", 200)
        assert job["counts"]["messages"] == 2000
        assert counted(process, ORPHANS) == {}


async def test_the_owner_hears_of_the_job_and_of_a_deleted_session(
    tenant: Tenant, other: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=5, messages=2)
    topics = ("jobs/*", "sessions/*")

    async with (
        subscribed(own.url, await tenant.token(), *topics) as subscriber,
        subscribed(own.url, await other.token(), *topics) as stranger,
    ):
        answer = await asked(tenant, "POST", "/api/sessions/delete", {"filter": {}})
        heard: list[Heard] = []
        while not heard or heard[-1].record.get("status") != "done":
            heard.append(await subscriber.event())
        await accepted(other, "session", {"externalId": "theirs"})
        assert (await stranger.event()).record["externalId"] == "theirs"

    assert {("jobs/*", "create"), ("sessions/*", "delete"), ("jobs/*", "update")} <= {
        (event.topic, event.action) for event in heard
    }
    assert heard[-1].record["id"] == answer["job"]["id"]
    assert "selection" not in heard[-1].record


async def test_all_data_goes_and_keys_and_account_stay(
    tenant: Tenant, other: Tenant, own: RealPocketBase
) -> None:
    for one in (tenant, other):
        await fill(one, "s", sessions=5, messages=2)
        await one.service.context.request_log.flush()
    before = await tenant.service.context.keys.list(tenant.id)

    answer = await asked(tenant, "DELETE", "/api/me/data")
    job = await ended(tenant, answer["job"]["id"])

    assert job["kind"] == "deleteData"
    assert job["counts"]["sessions"] == 5
    assert job["counts"]["apiLogs"] > 0
    left = counted(own, TABLES, tenant.id)
    left.pop("apiLogs", None)  # of the request for the deletion itself
    assert left == {"apiKeys": 1, "users": 1, "jobs": 1}
    kept = await tenant.service.context.keys.list(tenant.id)
    assert [key["id"] for key in kept] == [key["id"] for key in before]
    assert (await post(tenant, "session", {"externalId": "new"})).status_code == 200
    assert len(await sessions_of(other)) == 5


async def test_deleting_all_data_twice_is_one_job(tenant: Tenant) -> None:
    await fill(tenant, "s", sessions=40, messages=20)

    first = await asked(tenant, "DELETE", "/api/me/data")
    second = await asked(tenant, "DELETE", "/api/me/data")

    assert first["job"]["id"] == second["job"]["id"]
    await ended(tenant, first["job"]["id"])


async def test_of_a_deleted_account_nothing_is_left_not_even_in_memory(
    tenant: Tenant, other: Tenant, own: RealPocketBase
) -> None:
    for one in (tenant, other):
        await fill(one, "s", sessions=5, messages=2)
    token = await tenant.token()
    service = tenant.service
    async with service.client(Authorization=token) as http:
        assert (await http.get("/api/me")).status_code == 200

    await asked(tenant, "DELETE", "/api/me")
    await until(lambda: not counted(own, {"users": TABLES["users"]}, tenant.id))
    async with asyncio.timeout(PATIENCE), service.client(Authorization=token) as http:
        # The sidecar hears of it an instant later.
        while (await http.get("/api/stats")).status_code != 401:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await service.context.request_log.flush()

    assert counted(own, TABLES, tenant.id) == {}
    assert counted(own, ORPHANS) == {}
    assert (await post(tenant, "session", {"externalId": "new"})).status_code == 401
    assert len(await sessions_of(other)) == 5


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what changes is in another process
            await asyncio.sleep(0.02)


async def unwatched_job(tenant: Tenant) -> str:
    """Make a job for everything that the worker has not heard of."""
    made = await tenant.service.context.pocketbase.send(
        "POST",
        "/api/opensync/jobs?do=create",
        {"user": tenant.id, "kind": "deleteSessions", "selection": {}},
    )
    return str(made["job"]["id"])


async def step(pocketbase: PocketBase, job: str, *, size: int) -> Json:
    return await pocketbase.send(
        "POST", "/api/opensync/jobs?do=step", {"id": job, "size": size, "tell": False}
    )
