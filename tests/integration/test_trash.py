"""The trash: what is deleted is nowhere else, and comes back as it was or goes for good."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from sidecar.app import create_app
from sidecar.domain.cleanup import DAY_MS
from sidecar.domain.clock import Clock, system_now
from sidecar.pocketbase.client import PocketBase, Record
from tests.conftest import Tenant, make_tenant, settings_for
from tests.integration.test_jobs import (
    ORPHANS,
    TABLES,
    Json,
    asked,
    counted,
    delete,
    ended,
    fill,
    index_texts,
    session_id,
    step,
    until,
)
from tests.pocketbase import RealPocketBase, own_pocketbase
from tests.serving import Service, serving
from tests.stored import accepted, messages_of, parts_of, session_of, sessions_of

CONTENT = ("sessions", "messages", "parts")
IN_TRASH = {name: TABLES[name] for name in ("trash", "trashRows")}
# What is not as it was: when a row came here, and what is made anew.
ANEW = ("created", "updated", "embedded", "isPublic", "publicSlug", "publicInclude")


@pytest.fixture(scope="module")
async def service(
    own: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    settings = settings_for(own.url, tmp_path_factory.mktemp("data"))
    async with serving(create_app(settings), settings) as running:
        yield running


def rows(process: RealPocketBase, user: str) -> dict[str, list[dict[str, Any]]]:
    """Return every column of the user's rows as they are stored, but for what is made anew."""
    found = {}
    with closing(sqlite3.connect(f"file:{process.database}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        for name in CONTENT:
            query = f"SELECT * FROM {name} WHERE {TABLES[name]} ORDER BY id"
            stored = database.execute(query, {"user": user}).fetchall()
            found[name] = [{k: row[k] for k in row.keys() if k not in ANEW} for row in stored]  # noqa: SIM118
    return found


async def entries(tenant: Tenant) -> list[Record]:
    """Return what the owner sees in the trash, through PocketBase."""
    url = f"{tenant.service.context.settings.pocketbase_url}/api/collections/trash/records"
    headers = {"Authorization": await tenant.token()}
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{url}?sort=title&perPage=500", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[Record] = answer.json()["items"]
    return items


async def restore(tenant: Tenant, selection: Json) -> Json:
    answer = await asked(tenant, "POST", "/api/trash/restore", selection)
    return await ended(tenant, answer["job"]["id"])


async def empty(tenant: Tenant, selection: Json) -> Json:
    answer = await asked(tenant, "POST", "/api/trash/delete", selection)
    return await ended(tenant, answer["job"]["id"])


async def unwatched(tenant: Tenant, kind: str, *, keep: bool = True) -> str:
    """Make a job for everything that the worker has not heard of."""
    body = {"user": tenant.id, "kind": kind, "selection": {}, "keep": keep}
    pocketbase = tenant.service.context.pocketbase
    made = await pocketbase.send("POST", "/api/opensync/jobs?do=create", body)
    return str(made["job"]["id"])


async def rich(tenant: Tenant) -> None:
    """A session in which every kind of value occurs."""
    session = {
        "externalId": "rich",
        "title": "A “title” with\nlines, 'quotes' and 😀",
        "source": "codex-cli",
        "cost": 0.1 + 0.2,
        "promptTokens": 12_345_678_901,
        "unknownKey": {"deep": [1, None, "x"]},
    }
    message = {
        "sessionExternalId": "rich",
        "externalId": "m",
        "role": "assistant",
        "textContent": "tab\tand \\ backslash",
        "cost": 1e-7 / 3,
        "parts": [
            {"type": "text", "content": "null"},
            {"type": "tool-call", "content": {"name": "x", "args": {"n": 1.5, "s": "'; --"}}},
            {"type": "text", "content": ""},
        ],
    }
    await accepted(tenant, "batch", {"sessions": [session], "messages": [message]})
    labels = {
        "evalTags": ["a", "b"],
        "evalReady": True,
        "evalNotes": "note",
        "evalStatus": "golden",
    }
    pocketbase = tenant.service.context.pocketbase
    await pocketbase.update("sessions", session_id(tenant, "rich"), labels)


async def test_what_is_deleted_can_be_restored_to_the_last_byte(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await rich(tenant)
    await fill(tenant, "plain", sessions=3, messages=4, parts=2)
    before = rows(own, tenant.id)

    await delete(tenant, {"filter": {}})
    gone = counted(own, {name: TABLES[name] for name in (*CONTENT, "searchDocs")}, tenant.id)
    kept = await entries(tenant)
    job = await restore(tenant, {"all": True})

    assert gone == {}
    assert len(kept) == 4
    assert (job["status"], job["done"], job["total"]) == ("done", 4, 4)
    assert job["counts"] == {"sessions": 4, "messages": 13, "parts": 27}
    assert rows(own, tenant.id) == before
    assert counted(own, IN_TRASH, tenant.id) == {}
    assert counted(own, ORPHANS) == {}


async def test_an_entry_says_what_it_was_why_it_went_and_by_which_job(
    tenant: Tenant, other: Tenant
) -> None:
    await rich(tenant)
    job = await delete(tenant, {"filter": {}})

    (entry,) = await entries(tenant)

    assert entry["session"] == session_id(tenant, "rich")
    assert (entry["source"], entry["messageCount"], entry["records"]) == ("codex-cli", 1, 5)
    assert (entry["job"], entry["reason"], entry["rule"]) == (job["id"], "", "")
    assert entry["bytes"] > 300
    assert job["createdAt"] <= entry["deletedAt"] <= job["finishedAt"]
    assert await entries(other) == []


async def test_what_is_restored_is_found_again_and_waits_for_its_vectors(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "zebra", sessions=1, messages=2)
    await index_texts(tenant)
    await delete(tenant, {"filter": {}})
    async with tenant.browser as http:
        query = {"q": "words of zebra", "type": "fulltext"}
        lost = (await http.get("/api/search", params=query)).json()
        await restore(tenant, {"all": True})
        found = (await http.get("/api/search", params=query)).json()

    assert (lost["total"], found["total"]) == (0, 1)
    waiting = {name: f"{TABLES[name]} AND embedded != updated" for name in ("sessions", "messages")}
    assert counted(own, waiting, tenant.id) == {"sessions": 1, "messages": 2}


async def test_a_published_session_is_not_public_in_the_trash_and_comes_back_private(
    tenant: Tenant,
) -> None:
    await fill(tenant, "s", sessions=1, messages=1)
    id = session_id(tenant, "s0")
    slug = (await asked(tenant, "POST", f"/api/sessions/{id}/publish", {"include": {}}))["slug"]

    await delete(tenant, {"ids": [id]})
    async with tenant.service.client() as http:
        in_trash = await http.get(f"/api/public/{slug}")
        await restore(tenant, {"all": True})
        restored = await http.get(f"/api/public/{slug}")

    assert (in_trash.status_code, restored.status_code) == (404, 404)
    session = await session_of(tenant, "s0")
    assert (session["isPublic"], session["publicSlug"]) == (False, "")


async def test_what_a_plugin_sent_anew_wins_and_the_rest_comes_back(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=1, messages=3, parts=3)
    labels = {"evalNotes": "mine", "evalTags": ["t"]}
    await tenant.service.context.pocketbase.update("sessions", session_id(tenant, "s0"), labels)
    await delete(tenant, {"filter": {}})
    for name, text in (("m1", "newer"), ("later", "later")):
        sent = {"sessionExternalId": "s0", "externalId": name, "textContent": text}
        await accepted(tenant, "message", {**sent, "parts": [{"type": "text", "content": text}]})

    await restore(tenant, {"all": True})

    session = await session_of(tenant, "s0")
    assert (session["title"], session["source"], session["stub"]) == ("s0", "s", False)
    assert (session["evalNotes"], session["evalTags"]) == ("mine", ["t"])
    messages = {row["externalId"]: row for row in await messages_of(tenant, "s0")}
    assert messages.keys() == {"m0", "m1", "m2", "later"}
    assert session["messageCount"] == 4
    assert messages["m1"]["textContent"] == "newer"
    parts = [len(await parts_of(tenant, name, "s0")) for name in ("m0", "m1", "later")]
    assert parts == [3, 1, 1]
    assert counted(own, IN_TRASH, tenant.id) == {}
    assert counted(own, ORPHANS) == {}


async def test_nobody_restores_or_empties_what_is_anothers(tenant: Tenant, other: Tenant) -> None:
    await fill(tenant, "s", sessions=1, messages=1)
    await delete(tenant, {"filter": {}})
    (entry,) = await entries(tenant)

    jobs = [
        await act(other, selection)
        for act in (restore, empty)
        for selection in ({"ids": [entry["id"]]}, {"all": True})
    ]

    assert [(job["total"], job["done"]) for job in jobs] == [(0, 0)] * 4
    assert await entries(tenant) == [entry]
    assert await sessions_of(other) == []


async def test_what_is_deleted_for_good_leaves_nothing(tenant: Tenant, own: RealPocketBase) -> None:
    await fill(tenant, "s", sessions=3, messages=2)
    await delete(tenant, {"filter": {}})
    first, *_ = await entries(tenant)

    await empty(tenant, {"ids": [first["id"]]})
    left = await entries(tenant)
    summary = await asked(tenant, "GET", "/api/trash")
    job = await empty(tenant, {"all": True})

    assert [entry["title"] for entry in left] == ["s1", "s2"]
    assert summary == {"days": 30, "sessions": 2, "bytes": sum(e["bytes"] for e in left)}
    assert (job["status"], job["done"]) == ("done", 2)
    assert counted(own, IN_TRASH, tenant.id) == {}


async def test_a_long_session_goes_and_comes_in_steps_with_true_counters(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=1, messages=25, parts=2)
    before = rows(own, tenant.id)
    pocketbase = tenant.service.context.pocketbase

    job = await unwatched(tenant, "deleteSessions")
    await step(pocketbase, job, size=10)
    halfway, listed = await session_of(tenant, "s0"), await entries(tenant)
    await finish(pocketbase, job)
    (entry,) = await entries(tenant)
    back = await unwatched(tenant, "restoreSessions")
    await step(pocketbase, back, size=10)
    restoring = await session_of(tenant, "s0")
    await finish(pocketbase, back)

    assert (halfway["messageCount"], listed) == (15, [])
    assert (entry["messageCount"], entry["records"]) == (25, 76)
    assert restoring["messageCount"] == len(await messages_of(tenant, "s0")) - 15 == 10
    assert rows(own, tenant.id) == before
    assert (await ended(tenant, back))["counts"] == {"sessions": 1, "messages": 25, "parts": 50}
    assert counted(own, IN_TRASH, tenant.id) == {}


async def finish(pocketbase: PocketBase, job: str) -> None:
    while not (await step(pocketbase, job, size=10))["isFinished"]:
        pass


@pytest.mark.parametrize("kind", ["deleteSessions", "restoreSessions", "emptyTrash"])
async def test_a_cancelled_job_leaves_no_session_in_part(
    tenant: Tenant, own: RealPocketBase, kind: str
) -> None:
    await fill(tenant, "s", sessions=2, messages=25)
    pocketbase = tenant.service.context.pocketbase
    if kind != "deleteSessions":
        await delete(tenant, {"filter": {}})
    job = await unwatched(tenant, kind)
    await step(pocketbase, job, size=10)

    await asked(tenant, "POST", f"/api/jobs/{job}/cancel")
    await finish(pocketbase, job)
    answer = await asked(tenant, "POST", f"/api/jobs/{job}/cancel")

    assert (answer["job"]["status"], answer["job"]["done"]) == ("cancelled", 1)
    assert [e["records"] for e in await entries(tenant)] == [51]
    counts = [row["messageCount"] for row in await sessions_of(tenant)]
    assert counts == ([] if kind == "emptyTrash" else [25])
    assert counted(own, ORPHANS) == {}


async def test_of_a_deletion_that_failed_half_way_all_can_be_restored(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=1, messages=25)
    before = rows(own, tenant.id)
    pocketbase = tenant.service.context.pocketbase
    job = await unwatched(tenant, "deleteSessions")
    await step(pocketbase, job, size=10)
    await pocketbase.send("POST", "/api/opensync/jobs?do=fail", {"id": job, "error": "no"})

    (entry,) = await entries(tenant)
    await restore(tenant, {"ids": [entry["id"]]})

    assert entry["messageCount"] == 10
    assert rows(own, tenant.id) == before


async def test_a_session_that_was_deleted_twice_is_restored_from_both(
    tenant: Tenant, own: RealPocketBase
) -> None:
    for name in ("first", "second"):
        sent = {"sessionExternalId": "s", "externalId": name, "textContent": name}
        await accepted(tenant, "message", sent)
        await delete(tenant, {"filter": {}})

    await restore(tenant, {"all": True})

    assert {row["externalId"] for row in await messages_of(tenant, "s")} == {"first", "second"}
    assert (await session_of(tenant, "s"))["messageCount"] == 2
    assert counted(own, IN_TRASH, tenant.id) == {}


async def test_while_a_plugin_keeps_syncing_nothing_is_lost_or_orphaned(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=10, messages=20, parts=2)
    stop = asyncio.Event()
    sent: list[str] = []

    async def sync() -> None:
        while not stop.is_set():
            name = f"new{len(sent)}"
            message = {"sessionExternalId": f"s{len(sent) % 10}", "externalId": name}
            parts = [{"type": "text", "content": "more"}]
            await accepted(tenant, "message", {**message, "textContent": name, "parts": parts})
            sent.append(name)

    syncing = asyncio.create_task(sync())
    try:
        for _ in range(2):
            await delete(tenant, {"filter": {}})
            await restore(tenant, {"all": True})
    finally:
        stop.set()
        await syncing

    assert sent
    total = 0
    for row in await sessions_of(tenant):
        messages = await messages_of(tenant, row["externalId"])
        assert row["messageCount"] == len(messages)
        total += len(messages)
    assert total == 200 + len(sent)
    assert counted(own, IN_TRASH, tenant.id) == {}
    assert counted(own, ORPHANS) == {}


@pytest.mark.parametrize("path", ["/api/me/data", "/api/me"])
async def test_who_deletes_everything_leaves_nothing_in_the_trash(
    tenant: Tenant, other: Tenant, own: RealPocketBase, path: str
) -> None:
    for one in (tenant, other):
        await fill(one, "s", sessions=3, messages=25)
        await delete(one, {"ids": [session_id(one, "s0")]})
    # One that is under way at the same time.
    pocketbase = tenant.service.context.pocketbase
    job = await unwatched(tenant, "deleteSessions")
    await step(pocketbase, job, size=10)

    await asked(tenant, "DELETE", path)
    await until(lambda: not counted(own, {name: TABLES[name] for name in CONTENT}, tenant.id))
    await until(lambda: not counted(own, IN_TRASH, tenant.id))
    await finish(pocketbase, job)

    assert counted(own, IN_TRASH, tenant.id) == {}
    assert counted(own, IN_TRASH, other.id) == {"trash": 1, "trashRows": 51}


async def test_a_user_deleted_by_an_administrator_leaves_nothing_in_the_trash(
    tenant: Tenant, own: RealPocketBase
) -> None:
    await fill(tenant, "s", sessions=3, messages=2)
    await delete(tenant, {"ids": [session_id(tenant, "s0")]})

    await tenant.service.context.pocketbase.delete("users", tenant.id)

    assert counted(own, TABLES, tenant.id) == {}
    assert counted(own, ORPHANS) == {}


async def test_entries_go_for_good_when_their_time_is_over(
    own: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = settings_for(own.url, tmp_path_factory.mktemp("data"), trash_days=30)
    now = system_now()
    async with serving(create_app(settings, Clock(lambda: now)), settings) as running:
        tenant = await make_tenant(running)
        await fill(tenant, "s", sessions=2, messages=25)
        await delete(tenant, {"ids": [session_id(tenant, "s0")]})
        (first,) = await entries(tenant)
        await asyncio.sleep(0.01)  # the times of entries have milliseconds
        await delete(tenant, {"ids": [session_id(tenant, "s1")]})

        now = first["deletedAt"] + 30 * DAY_MS - 1
        await running.context.trash.expire()
        before = [entry["title"] for entry in await entries(tenant)]
        now += 1
        await running.context.trash.expire()
        after = [entry["title"] for entry in await entries(tenant)]

    assert (before, after) == (["s0", "s1"], ["s1"])
    assert counted(own, IN_TRASH, tenant.id) == {"trash": 1, "trashRows": 51}


async def test_where_nothing_is_to_be_kept_deleted_is_gone(
    own: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = settings_for(own.url, tmp_path_factory.mktemp("data"), trash_days=0)
    async with serving(create_app(settings), settings) as running:
        tenant = await make_tenant(running)
        await fill(tenant, "s", sessions=2, messages=2)

        await delete(tenant, {"filter": {}})

    assert counted(own, IN_TRASH, tenant.id) == {}


async def test_a_killed_database_goes_on_restoring_where_it_was(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with own_pocketbase(tmp_path_factory.mktemp("mortal")) as process:
        settings = settings_for(process.url, tmp_path_factory.mktemp("data"))
        async with serving(create_app(settings), settings) as running:
            tenant = await make_tenant(running)
            await fill(tenant, "s", sessions=150, messages=10, parts=2)
            before = rows(process, tenant.id)
            deleting = await asked(tenant, "POST", "/api/sessions/delete", {"filter": {}})
            await until(lambda: counted(process, TABLES, tenant.id)["sessions"] < 120)
            process.kill()
        process.start()
        async with serving(create_app(settings), settings) as running:
            tenant.service = running
            await ended(tenant, deleting["job"]["id"])
            assert len(await entries(tenant)) == 150
            restoring = await asked(tenant, "POST", "/api/trash/restore", {"all": True})
            await until(lambda: counted(process, TABLES, tenant.id).get("sessions", 0) > 20)
            process.kill()
        process.start()
        assert 20 < counted(process, TABLES, tenant.id)["sessions"] < 150

        async with serving(create_app(settings), settings) as running:
            tenant.service = running
            job = await ended(tenant, restoring["job"]["id"])

        assert (job["status"], job["done"]) == ("done", 150)
        assert rows(process, tenant.id) == before
        assert counted(process, IN_TRASH, tenant.id) == {}
        assert counted(process, ORPHANS) == {}
