"""The ingest route inside PocketBase, called as the sidecar calls it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from sidecar.domain import ids
from sidecar.domain.rows import Row
from sidecar.errors import Conflict, UpstreamError
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.pocketbase.filters import bind
from tests.conftest import Tenant
from tests.pocketbase import RealPocketBase
from tests.realtime import Heard, subscribed
from tests.stored import accepted, message_of, parts_of, post, session_of

NOW = 1_790_000_000_000


@dataclass
class Group:
    """Rows of one group commit of a tenant."""

    tenant: Tenant
    keys: list[tuple[str, str]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    sessions: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    parts: list[Row] = field(default_factory=list)

    def session(self, external: str = "s", **columns: Any) -> Group:
        base = {
            "id": ids.session_id(self.tenant.id, external),
            "user": self.tenant.id,
            "externalId": external,
            "source": "pi",
            "createdAt": NOW,
            "updatedAt": NOW,
        }
        self.sessions.append({**base, **columns})
        return self

    def message(
        self,
        external: str = "m",
        session: str = "s",
        parts: list[Any] | None = None,
        **columns: Any,
    ) -> Group:
        session_id = ids.session_id(self.tenant.id, session)
        row = {
            "id": ids.message_id(session_id, external),
            "session": session_id,
            "externalId": external,
            "role": "user",
            "createdAt": NOW,
            "seq": len(self.messages) + 1,
            **columns,
        }
        if parts is not None:
            row |= {"partCount": len(parts), "partsHash": json.dumps(parts)[:32]}
            self.parts += [
                {
                    "id": ids.part_id(row["id"], order),
                    "message": row["id"],
                    "type": "text",
                    "content": json.dumps(content),
                    "order": order,
                }
                for order, content in enumerate(parts)
            ]
        self.messages.append(row)
        return self

    def lines(self) -> list[str]:
        head = {
            "keys": self.keys or [(self.tenant.key_id, self.tenant.id)],
            "users": self.users or [self.tenant.id],
        }
        return [json.dumps(line) for line in (head, self.sessions, self.messages, self.parts)]


async def write(pocketbase: PocketBase, group: Group) -> Any:
    return await write_lines(pocketbase, group.lines())


async def changed(pocketbase: PocketBase, group: Group) -> list[str]:
    """Write the group and return the ids of the sessions that it changed, in order."""
    return sorted((await write(pocketbase, group))["changed"])


async def write_lines(pocketbase: PocketBase, lines: list[str]) -> Any:
    body = "\n".join(lines).encode()
    return (await pocketbase.request("POST", "/api/opensync/ingest", content=body)).json()


async def everything(pocketbase: PocketBase, tenant: Tenant) -> dict[str, list[Record]]:
    """Return all rows of a tenant."""
    owners = {"sessions": "user", "messages": "session.user", "parts": "message.session.user"}
    return {
        collection: [
            record
            async for record in pocketbase.every(
                collection, bind(f"{owner} = {{:user}}", user=tenant.id)
            )
        ]
        for collection, owner in owners.items()
    }


async def test_a_group_is_stored_and_the_answer_names_the_sessions_that_changed(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    group = Group(tenant).session("a", title="First").session("b")
    group.message("1", "a", parts=["x", {"y": 1}]).message("2", "a").message("1", "b")

    sessions = sorted(ids.session_id(tenant.id, name) for name in ("a", "b"))
    assert await changed(pocketbase, group) == sessions

    assert (await session_of(tenant, "a"))["title"] == "First"
    assert [p["content"] for p in await parts_of(tenant, "1", "a")] == ["x", {"y": 1}]
    assert (await message_of(tenant, "1", "b"))["role"] == "user"


# All or nothing.


async def taken_session(pocketbase: PocketBase, tenant: Tenant) -> None:
    await pocketbase.create("sessions", {"user": tenant.id, "externalId": "clash"})


async def taken_message(pocketbase: PocketBase, tenant: Tenant) -> None:
    session = ids.session_id(tenant.id, "old")
    await pocketbase.create("messages", {"session": session, "externalId": "clash", "role": "user"})


async def taken_part(pocketbase: PocketBase, tenant: Tenant) -> None:
    message = ids.message_id(ids.session_id(tenant.id, "old"), "old")
    # The row that the group wants at this place has another id.
    await pocketbase.create("parts", {"message": message, "type": "text", "order": 3})


CLASHES: dict[str, Callable[[PocketBase, Tenant], Any]] = {
    "session": taken_session,
    "message": taken_message,
    "part": taken_part,
}


@pytest.mark.parametrize("kind", CLASHES)
async def test_a_row_that_clashes_in_the_middle_of_a_group_leaves_everything_as_it_was(
    pocketbase: PocketBase, tenant: Tenant, kind: str
) -> None:
    old = Group(tenant).session("old", title="Before").message("old", "old", parts=["a", "b", "c"])
    await write(pocketbase, old)
    await CLASHES[kind](pocketbase, tenant)
    before = await everything(pocketbase, tenant)

    group = Group(tenant).session("first").session("clash" if kind == "session" else "other")
    group.session("old", title="After", promptTokens=7)
    group.message("1", "first", parts=["x"])
    group.message("clash" if kind == "message" else "2", "old")
    # One part fewer, so that a part is deleted before the clash is met.
    group.message("old", "old", parts=["z", "b", "c", "d"] if kind == "part" else ["z"])
    group.message("9", "first", parts=["y"])
    with pytest.raises(UpstreamError):
        await write(pocketbase, group)

    assert await everything(pocketbase, tenant) == before


@pytest.mark.parametrize("line", range(4), ids=["head", "sessions", "messages", "parts"])
async def test_a_line_that_is_not_json_stores_nothing(
    pocketbase: PocketBase, tenant: Tenant, line: int
) -> None:
    lines = Group(tenant).session().message(parts=["x"]).lines()
    lines[line] = lines[line][:-3]

    with pytest.raises(UpstreamError):
        await write_lines(pocketbase, lines)

    assert await everything(pocketbase, tenant) == {"sessions": [], "messages": [], "parts": []}


async def test_a_group_can_be_written_after_one_that_failed(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    with pytest.raises(UpstreamError):
        await write_lines(pocketbase, [*Group(tenant).session().lines()[:1], "[{", "[", "["])

    assert len(await changed(pocketbase, Group(tenant).session())) == 1


# Counters and parts.


async def test_the_message_count_is_the_number_of_messages_however_they_arrive(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    steps = [(["1"], 1), (["2", "3", "3"], 3), (["1", "2"], 3), (["4", "1"], 4)]
    for number, (names, count) in enumerate(steps):
        group = Group(tenant).session()
        for name in names:
            group.message(name, textContent=f"{name} in step {number}")
        await write(pocketbase, group)
        assert (await session_of(tenant))["messageCount"] == count


@pytest.mark.parametrize(
    ("then", "left"),
    [
        pytest.param(["A", "B"], ["A", "B"], id="fewer"),
        pytest.param(["A", "B", "C", "D", "E"], ["A", "B", "C", "D", "E"], id="more"),
        pytest.param([], [], id="none"),
        pytest.param(None, ["a", "b", "c", "d"], id="not said"),
    ],
)
async def test_parts_beyond_those_of_the_last_write_are_removed(
    pocketbase: PocketBase, tenant: Tenant, then: list[str] | None, left: list[str]
) -> None:
    first = Group(tenant).session().message("m", parts=["a", "b", "c", "d"])
    await write(pocketbase, first.message("beside", parts=["1", "2", "3"]))

    await write(pocketbase, Group(tenant).session().message("m", parts=then, textContent="new"))

    assert [part["content"] for part in await parts_of(tenant, "m")] == left
    assert [part["order"] for part in await parts_of(tenant, "m")] == list(range(len(left)))
    assert len(await parts_of(tenant, "beside")) == 3


async def test_a_group_that_repeats_what_is_known_writes_nothing(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    group = Group(tenant).session(title="T", promptTokens=3, extra={"k": [1, 2.5, None]})
    group.message("m", parts=["x", {"y": 1}], textContent="text", extra={"k": "v"})
    await write(pocketbase, group)
    before = await everything(pocketbase, tenant)

    assert await changed(pocketbase, group) == []
    assert await everything(pocketbase, tenant) == before


async def test_a_changed_message_changes_its_session(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    await write(pocketbase, Group(tenant).session().message("m", parts=["old"]))

    group = Group(tenant).session(stub=True).message("m", parts=["new"])
    assert await changed(pocketbase, group) == [ids.session_id(tenant.id, "s")]


# Realtime: what the hook says has changed is announced by the sidecar, through another route.


def names(events: list[Heard]) -> list[str]:
    return sorted(event.record["externalId"] for event in events)


async def sentinel(tenant: Tenant) -> str:
    """Change one more session, so that a subscriber knows when it has heard all before."""
    return str((await accepted(tenant, "session", {"externalId": "sentinel"}))["sessionId"])


async def test_a_subscriber_hears_of_each_session_of_a_group_exactly_once(
    pocketbase_process: RealPocketBase, tenant: Tenant
) -> None:
    batch = {
        "sessions": [
            {"externalId": name, "title": title} for title in ("First", "Last") for name in "abc"
        ],
        "messages": [
            {"sessionExternalId": name, "externalId": str(number), "parts": ["x", "y"]}
            for number in range(40)
            for name in "abc"
        ],
    }

    async with subscribed(pocketbase_process.url, await tenant.token(), "sessions/*") as subscriber:
        await accepted(tenant, "batch", batch)
        heard = await subscriber.until(await sentinel(tenant))

    assert names(heard) == ["a", "b", "c"]
    assert {event.record["title"] for event in heard} == {"Last"}
    assert {event.record["messageCount"] for event in heard} == {40}


async def test_requests_that_change_nothing_are_heard_by_nobody(
    pocketbase_process: RealPocketBase, tenant: Tenant
) -> None:
    session = {"externalId": "s", "title": "T", "promptTokens": 3, "slug": "kept aside"}
    message = {"sessionExternalId": "s", "externalId": "m", "textContent": "x", "parts": ["a"]}
    for _ in range(2):
        await accepted(tenant, "session", session)
        await accepted(tenant, "message", message)

    async with subscribed(pocketbase_process.url, await tenant.token(), "sessions/*") as subscriber:
        await accepted(tenant, "session", session)
        await accepted(tenant, "message", message)
        await accepted(tenant, "batch", {"sessions": [session], "messages": [message]})
        heard = await subscriber.until(await sentinel(tenant))

    assert heard == []


async def test_a_request_that_fails_is_heard_by_nobody(
    pocketbase: PocketBase, pocketbase_process: RealPocketBase, tenant: Tenant
) -> None:
    await taken_session(pocketbase, tenant)

    async with subscribed(pocketbase_process.url, await tenant.token(), "sessions/*") as subscriber:
        batch = {"sessions": [{"externalId": "good"}, {"externalId": "clash"}]}
        assert (await post(tenant, "batch", batch)).status_code >= 400
        heard = await subscriber.until(await sentinel(tenant))

    assert heard == []


async def test_a_subscriber_hears_the_last_of_many_quick_changes(
    pocketbase_process: RealPocketBase, tenant: Tenant
) -> None:
    async with subscribed(pocketbase_process.url, await tenant.token(), "sessions/*") as subscriber:
        messages = [{"sessionExternalId": "s", "externalId": str(n)} for n in range(50)]
        await asyncio.gather(*(accepted(tenant, "message", message) for message in messages))
        counts = [0]
        while counts[-1] < 50:
            counts.append((await subscriber.event()).record["messageCount"])


async def test_a_subscriber_hears_nothing_of_the_sessions_of_others(
    pocketbase_process: RealPocketBase, tenant: Tenant, other: Tenant
) -> None:
    async with subscribed(pocketbase_process.url, await tenant.token(), "sessions/*") as subscriber:
        await accepted(other, "session", {"externalId": "theirs", "title": "Secret"})
        heard = await subscriber.until(await sentinel(tenant))

    assert heard == []


async def test_announcing_changes_no_value_and_skips_sessions_that_are_gone(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    group = Group(tenant).session(title="T", cost=0.25, extra={"k": 1}, stub=True)
    await write(pocketbase, group.message())
    before = await session_of(tenant)

    body = {"sessions": ["nosuchsession00", before["id"], "nosuchsession01"]}
    await pocketbase.send("POST", "/api/opensync/announce", body)

    after = await session_of(tenant)
    assert {**after, "updated": ""} == {**before, "updated": ""}


# Who may write.


async def test_a_group_is_refused_whole_when_one_of_its_writers_is_gone(
    pocketbase: PocketBase, tenant: Tenant, other: Tenant
) -> None:
    keys = tenant.service.context.keys
    revoked = (await keys.create(other.id, "revoked")).record["id"]
    await keys.revoke(other.id, revoked)
    group = Group(tenant, users=[tenant.id, other.id, "nosuchuser00000"])
    group.keys = [(tenant.key_id, tenant.id), (revoked, other.id), ("nosuchkey000000", other.id)]

    answer = await write(pocketbase, group.session().message())

    assert set(answer["refused"]) == {revoked, "nosuchkey000000", "nosuchuser00000"}
    assert await everything(pocketbase, tenant) == {"sessions": [], "messages": [], "parts": []}


async def test_a_key_is_refused_for_a_user_whose_it_is_not(
    pocketbase: PocketBase, tenant: Tenant, other: Tenant
) -> None:
    group = Group(tenant, keys=[(other.key_id, tenant.id)])

    assert (await write(pocketbase, group.session()))["refused"] == [other.key_id]
    assert await everything(pocketbase, tenant) == {"sessions": [], "messages": [], "parts": []}


async def test_a_group_with_a_session_of_somebody_else_is_refused_whole(
    pocketbase: PocketBase, tenant: Tenant, other: Tenant
) -> None:
    await write(pocketbase, Group(tenant).session(title="Mine").message("m", textContent="mine"))
    before = await everything(pocketbase, tenant)
    stolen = ids.session_id(tenant.id, "s")

    group = Group(other).session("own").session("s", id=stolen, title="Stolen").message("m", "own")
    with pytest.raises(Conflict):
        await write(pocketbase, group)

    assert await everything(pocketbase, tenant) == before
    assert await everything(pocketbase, other) == {"sessions": [], "messages": [], "parts": []}


async def test_a_message_cannot_move_into_a_session_of_somebody_else(
    pocketbase: PocketBase, tenant: Tenant, other: Tenant
) -> None:
    await write(pocketbase, Group(tenant).session().message("m", textContent="mine", parts=["p"]))
    before = await everything(pocketbase, tenant)
    taken = ids.message_id(ids.session_id(tenant.id, "s"), "m")

    await write(pocketbase, Group(other).session().message("m", id=taken, textContent="stolen"))

    assert await everything(pocketbase, tenant) == before


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"revokedAt": 1}, True),
        ({"expiresAt": 1}, True),
        ({"expiresAt": 2**52}, False),
        ({}, False),
    ],
)
async def test_a_key_counts_in_the_transaction_that_writes(
    pocketbase: PocketBase, tenant: Tenant, changes: dict[str, int], refused: bool
) -> None:
    await pocketbase.update("apiKeys", tenant.key_id, changes)

    answer = await write(pocketbase, Group(tenant).session())

    assert answer.get("refused", []) == ([tenant.key_id] if refused else [])
    assert len((await everything(pocketbase, tenant))["sessions"]) == (0 if refused else 1)


async def test_a_key_that_is_revoked_behind_the_sidecars_back_is_refused_at_once(
    pocketbase: PocketBase, tenant: Tenant
) -> None:
    await accepted(tenant, "session", {"externalId": "before"})
    await pocketbase.update("apiKeys", tenant.key_id, {"revokedAt": 1})

    for _ in range(2):
        answer = await post(tenant, "session", {"externalId": "after"})
        assert (answer.status_code, answer.json()) == (401, {"error": "Invalid API key"})
    assert [s["externalId"] for s in (await everything(pocketbase, tenant))["sessions"]] == [
        "before"
    ]


ROUTES = [
    ("POST", "/api/opensync/ingest"),
    ("POST", "/api/opensync/announce"),
    ("POST", "/api/opensync/log"),
    ("GET", "/api/opensync/transcript"),
    ("GET", "/api/opensync/stats"),
    ("GET", "/api/opensync/usage"),
    ("GET", "/api/opensync/external-ids"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("caller", ["guest", "user", "key", "nonsense"])
async def test_the_routes_of_the_hooks_are_for_the_superuser_alone(
    pocketbase: PocketBase,
    pocketbase_process: RealPocketBase,
    tenant: Tenant,
    method: str,
    path: str,
    caller: str,
) -> None:
    credentials = {
        "guest": {},
        "user": {"Authorization": await tenant.token()},
        "key": {"Authorization": f"Bearer {tenant.key}"},
        "nonsense": {"Authorization": "Bearer e.y.J"},
    }[caller]
    body = "\n".join(Group(tenant).session().lines())
    async with httpx.AsyncClient(base_url=pocketbase_process.url, trust_env=False) as http:
        answer = await http.request(
            method, path, params={"user": tenant.id}, content=body, headers=credentials
        )

    assert answer.status_code in (401, 403), answer.text
    assert await everything(pocketbase, tenant) == {"sessions": [], "messages": [], "parts": []}
