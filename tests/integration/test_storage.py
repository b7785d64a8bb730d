"""What is measured of stored data, and who sees it."""

from __future__ import annotations

from typing import Any, Final

from sidecar.domain import ids
from sidecar.domain.storage import QDRANT_ADVISED
from tests.conftest import Tenant
from tests.pocketbase import RealPocketBase
from tests.stored import accepted

WEEK: Final = 7 * 86_400_000


async def measured(tenant: Tenant, **headers: str) -> dict[str, Any]:
    async with tenant.browser as browser:
        answer = await browser.get("/api/storage", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def collections(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {line["name"]: (line["rows"], line["bytes"]) for line in found["collections"]}


async def keep_some(tenant: Tenant) -> None:
    sessions = [
        {"externalId": "small", "title": "Small", "projectName": "train"},
        {"externalId": "large", "title": "Large", "projectPath": "/w/ship"},
    ]
    messages = [
        {"sessionExternalId": "small", "externalId": "1", "textContent": "x" * 100},
        {"sessionExternalId": "large", "externalId": "1", "textContent": "ü" * 1_000},
        {
            "sessionExternalId": "large",
            "externalId": "2",
            "textContent": "y",
            "parts": [
                {"type": "text", "content": "z" * 5_000},
                {"type": "tool-call", "content": {"toolName": "read"}},
            ],
        },
    ]
    await accepted(tenant, "batch", {"sessions": sessions, "messages": messages})


async def test_somebody_without_sessions_keeps_nothing(tenant: Tenant) -> None:
    found = await measured(tenant)

    kept = {name: rows for name, (rows, _) in collections(found).items() if name != "apiLogs"}
    assert set(kept.values()) == {0}
    assert found["weeks"] == found["sessions"] == found["projects"] == []
    assert found["vectors"]["count"] == 0


async def test_rows_and_bytes_are_those_of_the_user(tenant: Tenant, other: Tenant) -> None:
    await keep_some(tenant)
    await accepted(
        other, "session", {"externalId": "s", "title": "t" * 900, "projectName": "train"}
    )

    found = await measured(tenant)

    kept = collections(found)
    assert kept["sessions"][0] == 2
    rows, size = kept["messages"]
    assert rows == 3
    assert 2_101 <= size < 2_300  # bytes, not characters
    rows, size = kept["parts"]
    assert rows == 2
    assert 5_000 <= size < 5_200
    large, small = found["sessions"]
    assert (large["id"], large["title"]) == (ids.session_id(tenant.id, "large"), "Large")
    assert (large["messages"], large["parts"]) == (2, 2)
    assert small["bytes"] < 1_000 < 7_001 <= large["bytes"]
    assert [(line["name"], line["sessions"]) for line in found["projects"]] == [
        ("/w/ship", 1),
        ("train", 1),
    ]
    assert found["vectors"]["qdrantAdvised"] == QDRANT_ADVISED


async def test_growth_is_told_by_the_week_in_which_rows_came(tenant: Tenant) -> None:
    await keep_some(tenant)
    now = tenant.service.context.clock.now()

    found = await measured(tenant)

    assert 1 <= len(found["weeks"]) <= 2  # midnight of a Monday may just have passed
    last = found["weeks"][-1]
    assert last["start"] <= now < last["start"] + WEEK + 60_000
    assert (last["start"] // 86_400_000) % 7 == 4  # 1970 began on a Thursday
    for name in ("sessions", "messages", "parts"):
        rows = collections(found)[name][0]
        assert sum(week[name] for week in found["weeks"]) == rows
    size = sum(size for name, (_, size) in collections(found).items() if name != "apiLogs")
    assert sum(week["bytes"] for week in found["weeks"]) == size


async def test_vectors_are_counted_but_not_marks_of_texts_that_have_none(tenant: Tenant) -> None:
    await keep_some(tenant)
    pocketbase = tenant.service.context.pocketbase
    session = ids.session_id(tenant.id, "small")
    row = {"user": tenant.id, "session": session, "model": "m"}
    message = {"message": ids.message_id(session, "1")}
    for chunk, vector in enumerate(("AAAA", "AAAA", "")):
        made = {**row, **message, "chunk": chunk, "vector": vector}
        await pocketbase.create("messageEmbeddings", made)
    await pocketbase.create("sessionEmbeddings", {**row, "vector": "AAAAAAAA"})

    found = await measured(tenant)

    assert found["vectors"]["count"] == 3
    kept = collections(found)
    assert (kept["messageEmbeddings"], kept["sessionEmbeddings"]) == ((2, 8), (1, 8))


def size_of(database: RealPocketBase) -> int:
    return database.database.stat().st_size


async def test_only_administrators_see_the_server(
    tenant: Tenant, other: Tenant, pocketbase_process: RealPocketBase
) -> None:
    await keep_some(tenant)
    assert (await measured(tenant))["server"] is None
    async with tenant.service.client(Authorization=await tenant.token()) as http:
        assert (await http.get("/api/storage")).json()["server"] is None

    found = (await measured(other, **{"Remote-Groups": "staff,admins"}))["server"]

    assert 0 < found["database"] <= size_of(pocketbase_process)
    assert found["wal"] > 0
    assert 0 < found["disk"]["free"] < found["disk"]["total"]
    assert found["backups"] == {"count": 0, "bytes": 0, "newest": None}
    sizes = {table["name"]: table["bytes"] for table in found["tables"]}
    assert {"sessions", "messages", "parts", "searchText"} <= sizes.keys()
    # The write-ahead log may hold pages that the file does not have yet.
    assert sum(sizes.values()) + found["free"] <= found["database"] + found["wal"]
    users = {user["id"]: user for user in found["users"]}
    assert {tenant.id, other.id} <= users.keys()
    assert (users[tenant.id]["sessions"], users[tenant.id]["messages"]) == (2, 3)
    assert users[other.id]["bytes"] == 0


async def test_a_measurement_is_kept_for_a_moment(tenant: Tenant) -> None:
    first = await measured(tenant)
    await keep_some(tenant)

    assert (await measured(tenant)) == first
