"""The full-text index inside PocketBase: what it finds, and that it stays in step."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sidecar.config import PREFIX
from sidecar.domain import ids
from sidecar.domain.query import text_query
from sidecar.pocketbase import client, schema
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.resources import resource
from tests.conftest import Tenant
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.stored import accepted

Hits = list[tuple[str, str]]


async def found(pocketbase: PocketBase, user: str, q: str, scope: str = "messages") -> Hits:
    """Return [(session, record)] of a user as the route inside PocketBase ranks them."""
    asked = {"user": user, "matches": text_query(q).matches, "scope": scope, "filters": {}}
    response = await pocketbase.request("POST", "/api/opensync/search", json=asked)
    return [(session, record) for session, record in response.json()["hits"]]


def query(process: RealPocketBase, sql: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(f"file:{process.database}?mode=ro", uri=True)) as db:
        return db.execute(sql, values).fetchall()


def indexed(process: RealPocketBase, user: str) -> int:
    """Return how many rows of the user the index holds."""
    sql = "SELECT count(*) FROM searchDocs JOIN searchText ON searchText.rowid = doc WHERE user = ?"
    return int(query(process, sql, user)[0][0])


def message(text: str = "", external: str = "m", session: str = "s", **more: Any) -> dict[str, Any]:
    base = {"sessionExternalId": session, "externalId": external, "role": "user"}
    return {**base, "textContent": text, **more}


async def say(tenant: Tenant, *messages: dict[str, Any], **session: Any) -> None:
    body = {"sessions": [{"externalId": "s", **session}], "messages": list(messages)}
    assert (await accepted(tenant, "batch", body))["errors"] == []


def record_of(tenant: Tenant, external: str = "m", session: str = "s") -> str:
    return ids.message_id(ids.session_id(tenant.id, session), external)


TEXT = """We moved load_user_settings from src/app/settings_store.py, where parseHTTPHeader and
createIndexWriter live, to C++ and C# on .NET 8; run it with --dry-run --max-old-space=4096.
The connection to db-1.example.org was refused: ECONNREFUSED 10.0.0.7:5432.
Straße, naïve, 日本語."""


@pytest.mark.parametrize(
    "q",
    [
        *("load_user_settings", "user_settings", "settings", "LOAD_USER_SETTINGS"),
        *("src/app/settings_store.py", "settings_store.py", "app/settings_store", "settings_store"),
        *("parseHTTPHeader", "parsehttpheader", "header", "http header", "HTTPHeader"),
        *("createIndexWriter", "IndexWriter", "index writer", "create*"),
        *("c++", "C++", "c#", "C#", ".net", ".NET"),
        *("--dry-run", "dry-run", "dry run", "--max-old-space=4096"),
        *("connection", "connections", "connectio*", "conn*", "refused"),
        *("db-1.example.org", "ECONNREFUSED", "10.0.0.7:5432", "10.0.0.7"),
        *("Straße", "naive", "naïve", "日本語", '"was refused"', 'connection "was refused"'),
    ],
)
async def test_code_is_found_whole_and_by_its_parts(
    q: str, pocketbase: PocketBase, tenant: Tenant
) -> None:
    await say(tenant, message(TEXT), message("Something else altogether.", "other"))

    assert [record for _, record in await found(pocketbase, tenant.id, q)] == [record_of(tenant)]


@pytest.mark.parametrize("q", ["zebra", "settingsx", '"refused was"', "setting_user", "f#"])
async def test_what_was_not_said_is_not_found(
    q: str, pocketbase: PocketBase, tenant: Tenant
) -> None:
    await say(tenant, message(TEXT))

    assert await found(pocketbase, tenant.id, q) == []


@pytest.mark.parametrize(
    "parts",
    [
        [{"type": "text", "content": "needle"}],
        [{"type": "text", "content": {"text": "a needle"}}],
        [{"type": "text", "content": {"content": "a needle"}}],
        [{"type": "tool-call", "content": {"toolName": "needle", "args": {}}}],
        [{"type": "tool_use", "content": {"toolName": "Read", "args": {"path": "/x/needle.py"}}}],
        [{"type": "tool-call", "content": {"toolName": "Read", "args": '{"path": "needle"}'}}],
        [{"type": "tool-result", "content": "found a needle"}],
        [{"type": "thinking", "content": "where is the needle?"}],
    ],
)
async def test_words_are_found_wherever_they_stand(
    parts: list[Any], pocketbase: PocketBase, tenant: Tenant
) -> None:
    await say(tenant, message("said", parts=parts))

    assert len(await found(pocketbase, tenant.id, "needle")) == 1


async def test_what_was_said_goes_before_what_a_tool_was_given(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    call = {"type": "tool-call", "content": {"toolName": "needle"}}
    await say(tenant, message("needle", "said"), message("thread", "called", parts=[call]))

    records = [record for _, record in await found(pocketbase, tenant.id, "needle")]
    assert records == [record_of(tenant, "said"), record_of(tenant, "called")]


async def test_words_far_into_a_long_message_are_found(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    await say(tenant, message("filler " * 150_000 + "needle"))

    assert len(await found(pocketbase, tenant.id, "needle")) == 1


async def test_sessions_are_found_by_title_and_project(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    await say(tenant, title="Broken pagination", projectName="shop", projectPath="/home/ann/shop")
    session = ids.session_id(tenant.id, "s")

    for q in ("pagination", "shop", "/home/ann/shop", "ann"):
        assert await found(pocketbase, tenant.id, q, "sessions") == [(session, session)]
        assert await found(pocketbase, tenant.id, q, "messages") == []


async def test_a_changed_text_is_found_by_its_new_words_only(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    part = {"type": "text", "content": "oldpart"}
    await say(tenant, message("oldtext", parts=[part, part]), title="oldtitle")
    part = {"type": "text", "content": "newpart"}
    await say(tenant, message("newtext", parts=[part]), title="newtitle")

    for q in ("oldtext", "oldpart", "oldtitle"):
        assert await found(pocketbase, tenant.id, q, "sessions") == []
    for q in ("newtext", "newpart", "newtitle"):
        assert len(await found(pocketbase, tenant.id, q, "sessions")) == 1


async def test_what_is_written_past_the_ingest_is_found(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    await say(tenant, message("said", parts=[{"type": "text", "content": "before"}]), title="old")
    session, record = ids.session_id(tenant.id, "s"), record_of(tenant)
    await pocketbase.update("sessions", session, {"title": "renamed by hand"})
    added = {"session": session, "externalId": "x", "role": "user", "textContent": "added by hand"}
    extra = await pocketbase.create("messages", added)
    part = await pocketbase.first("parts", f"message = '{record}'")
    assert part is not None
    await pocketbase.update("parts", part["id"], {"content": "after"})

    assert await found(pocketbase, tenant.id, "renamed", "sessions") == [(session, session)]
    assert await found(pocketbase, tenant.id, "added") == [(session, extra["id"])]
    assert await found(pocketbase, tenant.id, "after") == [(session, record)]
    assert await found(pocketbase, tenant.id, "before") == []

    await pocketbase.delete("parts", part["id"])
    assert await found(pocketbase, tenant.id, "after") == []


async def test_what_is_deleted_leaves_no_row(
    pocketbase: PocketBase, pocketbase_process: RealPocketBase, tenant: Tenant, other: Tenant
) -> None:
    for one in (tenant, other):
        await say(one, message("needle"), message("needle", "n"), title="t")
        await say(one, message("needle", session="s2"))
    assert await prepare(pocketbase) == 0
    assert indexed(pocketbase_process, tenant.id) == 5

    await pocketbase.delete("messages", record_of(tenant, "n"))
    assert indexed(pocketbase_process, tenant.id) == 4
    await pocketbase.delete("sessions", ids.session_id(tenant.id, "s"))
    assert indexed(pocketbase_process, tenant.id) == 2
    await pocketbase.delete("users", tenant.id)

    assert indexed(pocketbase_process, tenant.id) == 0
    assert indexed(pocketbase_process, other.id) == 5
    orphans = "SELECT count(*) FROM searchText WHERE rowid NOT IN (SELECT doc FROM searchDocs)"
    assert query(pocketbase_process, orphans) == [(0,)]
    assert len(await found(pocketbase, other.id, "needle")) == 3


async def test_a_session_that_is_given_to_another_user_goes_with_its_texts(
    pocketbase: PocketBase, tenant: Tenant, other: Tenant
) -> None:
    await say(tenant, message("needle"))
    await pocketbase.update("sessions", ids.session_id(tenant.id, "s"), {"user": other.id})

    assert await found(pocketbase, tenant.id, "needle") == []
    assert len(await found(pocketbase, other.id, "needle")) == 1


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[RealPocketBase, PocketBase, Record]]:
    """A PocketBase of its own with the schema, and a user."""
    process = RealPocketBase(tmp_path)
    process.make_superuser()
    process.start()
    try:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            await schema.apply(superuser, schema.load(resource("pb_schema")))
            user = await superuser.create(
                "users",
                {
                    "email": "ann@example.test",
                    "autheliaId": "ann",
                    "password": "a-password",
                    "passwordConfirm": "a-password",
                },
            )
            yield process, superuser, user
    finally:
        process.stop()


async def add(pocketbase: PocketBase, user: Record, name: str) -> None:
    session = await pocketbase.create("sessions", {"user": user["id"], "externalId": name})
    row = {"session": session["id"], "externalId": "m", "role": "user"}
    await pocketbase.create("messages", {**row, "textContent": f"about {name}"})


async def prepare(pocketbase: PocketBase) -> int:
    answer = await pocketbase.send("POST", "/api/opensync/search/prepare", {})
    return int(answer["remaining"])


async def test_rows_from_before_the_index_are_found(
    own: tuple[RealPocketBase, PocketBase, Record],
) -> None:
    process, pocketbase, user = own
    drop(process, "TABLE", "searchText", "searchDocs", "searchQueue", "searchRecipe")
    drop_triggers(process)
    process.start()
    # Started, it has made them anew; nothing is lost when they vanish while it runs.
    await add(pocketbase, user, "apples")
    drop_triggers(process, stop=False)
    await add(pocketbase, user, "pears")

    assert await prepare(pocketbase) == 0

    for name in ("apples", "pears"):
        assert len(await found(pocketbase, user["id"], name)) == 1
    assert indexed(process, user["id"]) == 4


MANY_MESSAGES = """WITH numbers AS (
    SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
  INSERT INTO messages (id, session, externalId, role, textContent)
  SELECT printf('backlog%08d', n), ?, printf('b%d', n), 'user',
    hex(randomblob(20)) || replace(hex(zeroblob(100)), '00', ' w' || n) FROM numbers"""


async def test_what_was_written_last_is_found_before_a_large_import_is_indexed(
    own: tuple[RealPocketBase, PocketBase, Record],
) -> None:
    process, pocketbase, user = own
    session = await pocketbase.create("sessions", {"user": user["id"], "externalId": "import"})
    process.stop()
    with closing(sqlite3.connect(process.database)) as db, db:
        db.execute(MANY_MESSAGES, (session["id"],))
    process.start()
    await add(pocketbase, user, "apples")

    hits = await found(pocketbase, user["id"], "apples")

    assert len(hits) == 1
    assert query(process, "SELECT count(*) > 0 FROM searchQueue") == [(1,)]
    while await prepare(pocketbase):
        pass
    assert indexed(process, user["id"]) == 20_000 + 3


async def test_applying_the_schema_leaves_nothing_to_index(
    own: tuple[RealPocketBase, PocketBase, Record], tmp_path: Path
) -> None:
    process, pocketbase, user = own
    drop(process, "TABLE", "searchText", "searchDocs", "searchQueue", "searchRecipe")
    drop_triggers(process)
    process.start()
    await add(pocketbase, user, "apples")

    settings = {
        "DATA": str(tmp_path / "data"),
        "POCKETBASE_URL": process.url,
        "POCKETBASE_EMAIL": EMAIL,
        "POCKETBASE_PASSWORD": PASSWORD,
    }
    apply = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sidecar", "schema", "apply"),
        env=dict(os.environ) | {f"{PREFIX}{name}": value for name, value in settings.items()},
    )

    assert await apply.wait() == 0
    assert query(process, "SELECT count(*) FROM searchQueue") == [(0,)]
    assert indexed(process, user["id"]) == 2


async def test_the_index_outlives_vacuum_a_change_of_the_schema_and_a_restart(
    own: tuple[RealPocketBase, PocketBase, Record],
) -> None:
    process, pocketbase, user = own
    for name in ("apples", "pears", "plums"):
        await add(pocketbase, user, name)
    hits = {q: await found(pocketbase, user["id"], q) for q in ("apples", "pears", "plums")}
    first = await pocketbase.first("sessions", "externalId = 'apples'")
    assert first is not None
    await pocketbase.delete("sessions", first["id"])
    hits["apples"] = []

    process.stop()
    with closing(sqlite3.connect(process.database)) as db:
        db.execute("VACUUM")
    process.start()
    messages = await pocketbase.get("/api/collections/messages")
    messages["fields"].append({"name": "mood", "type": "text"})
    await pocketbase.send("PATCH", "/api/collections/messages", {"fields": messages["fields"]})
    messages = await pocketbase.get("/api/collections/messages")
    fields = [field for field in messages["fields"] if field["name"] != "mood"]
    await pocketbase.send("PATCH", "/api/collections/messages", {"fields": fields})
    await add(pocketbase, user, "cherries")

    assert {q: await found(pocketbase, user["id"], q) for q in hits} == hits
    assert len(await found(pocketbase, user["id"], "cherries")) == 1
    assert indexed(process, user["id"]) == 6


async def test_the_index_is_there_as_soon_as_the_collections_are(
    own: tuple[RealPocketBase, PocketBase, Record],
) -> None:
    process, _, _ = own

    names = query(process, "SELECT name FROM sqlite_master WHERE name LIKE 'search%'")

    assert {("searchText",), ("searchDocs",), ("searchPartDeleted",)} <= set(names)


async def test_preparing_again_changes_nothing(
    own: tuple[RealPocketBase, PocketBase, Record],
) -> None:
    process, pocketbase, user = own
    await add(pocketbase, user, "apples")
    assert await prepare(pocketbase) == 0
    before = query(process, "SELECT * FROM searchDocs")

    assert await prepare(pocketbase) == 0

    assert query(process, "SELECT * FROM searchDocs") == before
    assert query(process, "SELECT count(*) FROM searchQueue") == [(0,)]


def drop(process: RealPocketBase, kind: str, *names: str, stop: bool = True) -> None:
    if stop:
        process.stop()
    with closing(sqlite3.connect(process.database)) as db:
        for name in names:
            db.execute(f"DROP {kind} IF EXISTS {name}")
        db.commit()


def drop_triggers(process: RealPocketBase, *, stop: bool = True) -> None:
    rows = query(process, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
    drop(process, "TRIGGER", *(name for (name,) in rows if name.startswith("search")), stop=stop)
