"""What is done to many sessions at once: found in the database, counted, labelled."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.domain import ids
from sidecar.pocketbase.client import Record
from tests.conftest import Tenant, make_tenant
from tests.pocketbase import RealPocketBase
from tests.realtime import subscribed
from tests.serving import Service
from tests.stored import accepted, session_of, sessions_of

Json = dict[str, Any]

DAY = 86_400_000
START = 1_700_000_000_000
SESSIONS: list[Json] = [
    {"externalId": "a", "title": "Mend the Parser", "source": "codex-cli", "model": "m1"},
    {"externalId": "b", "title": "100% of_it", "source": "claude-code", "model": "m2", "cost": 2},
    {"externalId": "c", "source": "claude-code", "provider": "acme", "projectName": "engine"},
    {"externalId": "d", "title": "ÜBER", "promptTokens": 50, "completionTokens": 50, "cost": 1},
]
LABELS: dict[str, Json] = {
    "a": {"evalReady": True, "evalTags": ["Good", "short"]},
    "b": {"evalStatus": "golden", "evalTags": ['it\'s "odd"']},
    "c": {"isPublic": True, "evalStatus": "incorrect"},
}


@pytest.fixture(scope="module")
async def archive(service: Service) -> Tenant:
    """Somebody with four sessions; `a` has three messages, `b` one."""
    tenant = await make_tenant(service)
    sessions = [
        {**session, "createdAt": START - DAY * n, "updatedAt": START + DAY * n}
        for n, session in enumerate(SESSIONS, 1)
    ]
    messages = [
        {
            "sessionExternalId": session,
            "externalId": f"m{n}",
            "textContent": "12345",
            "createdAt": START + DAY,
            "parts": [{"type": "text", "content": "123"}],
        }
        for session, count in (("a", 3), ("b", 1))
        for n in range(count)
    ]
    await accepted(tenant, "batch", {"sessions": sessions, "messages": messages})
    for name, values in LABELS.items():
        id = ids.session_id(tenant.id, name)
        await service.context.pocketbase.update("sessions", id, values)
    return tenant


async def asked(tenant: Tenant, path: str, body: Json) -> Json:
    async with tenant.browser as http:
        answer = await http.post(f"/api/sessions/{path}", json=body)
    assert answer.status_code == 200, answer.text
    result: Json = answer.json()
    return result


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ({}, "abcd"),
        ({"source": "claude-code"}, "bc"),
        ({"source": ["claude-code", "codex-cli"]}, "abc"),
        ({"model": ["m1", "m2"], "source": "codex-cli"}, "a"),
        ({"model": ""}, "cd"),
        ({"provider": "acme"}, "c"),
        ({"projectName": "engine"}, "c"),
        ({"projectName": "' OR 1=1 --"}, ""),
        ({"from": START + DAY * 2}, "bcd"),
        ({"to": START + DAY * 2}, "ab"),
        ({"from": START + DAY * 2, "to": START + DAY * 3}, "bc"),
        ({"createdFrom": START - DAY * 2}, "ab"),
        ({"createdTo": START - DAY * 2}, "bcd"),
        ({"minTokens": 100}, "d"),
        ({"maxTokens": 99}, "abc"),
        ({"maxMessages": 3}, "bcd"),
        ({"maxMessages": 1}, "cd"),
        ({"untitled": True}, "c"),
        ({"untitled": False}, "abd"),
        ({"zeroCost": True}, "ac"),
        ({"isPublic": True}, "c"),
        ({"evalReady": True}, "a"),
        ({"evalReady": False}, "bcd"),
        ({"evalStatus": "golden"}, "b"),
        ({"evalStatus": ["golden", "incorrect"]}, "bc"),
        ({"evalStatus": ""}, "ad"),
        ({"tags": ["good", "absent"]}, "a"),
        ({"tags": ['it\'s "odd"']}, "b"),
        ({"tags": ["shor"]}, ""),
        ({"q": "mend the"}, "a"),
        ({"q": "%"}, "b"),
        ({"q": "f_i"}, "b"),
    ],
)
async def test_a_filter_selects_the_sessions_it_describes(
    archive: Tenant, filter: Json, names: str
) -> None:
    """The ids are told by what is left when they are excepted."""
    wanted = [ids.session_id(archive.id, name) for name in names]

    found = await asked(archive, "preview", {"filter": filter})
    others = await asked(archive, "preview", {"filter": filter, "except": wanted})

    assert (found["sessions"], others["sessions"]) == (len(names), 0)


async def test_a_preview_counts_what_hangs_on_the_sessions(archive: Tenant) -> None:
    found = await asked(archive, "preview", {"filter": {"source": ["codex-cli", "claude-code"]}})

    # Four messages of 5 bytes, each with a part of 3 bytes in quotes.
    assert found == {"sessions": 3, "messages": 4, "parts": 4, "bytes": 4 * (5 + 5)}


async def label(tenant: Tenant, labels: Json, **selection: Any) -> int:
    answer = await asked(tenant, "update", {**(selection or {"filter": {}}), "set": labels})
    return int(answer["updated"])


async def labels_of(tenant: Tenant, session: str = "s") -> Record:
    row = await session_of(tenant, session)
    return {name: row[name] for name in ("evalReady", "evalStatus", "evalTags")}


async def test_labels_are_set_and_what_is_not_said_stays(tenant: Tenant) -> None:
    await accepted(tenant, "session", {"externalId": "s", "title": "T", "updatedAt": START})

    await label(tenant, {"addTags": ["b", "a", "b"]})
    await label(tenant, {"evalStatus": "golden"})
    await label(tenant, {"evalReady": True, "addTags": ["c", "a"], "removeTags": ["b", "z"]})
    labelled = await session_of(tenant)

    assert (labelled["evalReady"], labelled["evalStatus"]) == (True, "golden")
    assert labelled["evalTags"] == ["a", "c"]
    assert labelled["reviewedAt"] > START
    assert (labelled["updatedAt"], labelled["title"]) == (START, "T")

    await label(tenant, {"evalStatus": None, "evalReady": False, "removeTags": ["a", "c"]})

    cleared = {"evalReady": False, "evalStatus": "", "evalTags": []}
    assert await labels_of(tenant) == cleared


async def test_labels_of_another_users_sessions_stay(tenant: Tenant, other: Tenant) -> None:
    for one in (tenant, other):
        await accepted(one, "session", {"externalId": "s"})

    by_id = await label(tenant, {"evalReady": True}, ids=[ids.session_id(other.id, "s")])
    by_filter = await label(tenant, {"evalReady": True})

    assert (by_id, by_filter) == (0, 1)
    assert not (await labels_of(other))["evalReady"]


async def test_more_tags_than_a_session_can_hold_change_nothing(tenant: Tenant) -> None:
    await accepted(tenant, "session", {"externalId": "s"})
    for block in range(3):
        await label(tenant, {"addTags": [f"{block}-{n}".ljust(60, "x") for n in range(50)]})
    before = (await labels_of(tenant))["evalTags"]

    await label(tenant, {"addTags": [f"last-{n}".ljust(60, "x") for n in range(50)]})

    assert len(before) == 150
    assert (await labels_of(tenant))["evalTags"] == before


async def test_every_one_of_many_sessions_is_labelled_once_also_when_it_no_longer_matches(
    tenant: Tenant, pocketbase_process: RealPocketBase
) -> None:
    sessions = [{"externalId": f"s{n}", "title": f"s{n}"} for n in range(1_203)]
    await accepted(tenant, "batch", {"sessions": sessions})

    async with subscribed(pocketbase_process.url, await tenant.token(), "sessions/*") as subscriber:
        updated = await label(tenant, {"evalReady": True}, filter={"evalReady": False})
        last = await accepted(tenant, "session", {"externalId": "last"})
        heard = await subscriber.until(last["sessionId"])

    assert updated == 1_203
    assert all(row["evalReady"] for row in await sessions_of(tenant) if row["title"])
    # One event for each stretch of rows.
    assert [(event.action, event.record["evalReady"]) for event in heard] == [("update", True)] * 3
