"""API keys from making to revoking, and the log of what was done with them."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from sidecar.app import create_app
from sidecar.domain.clock import Clock, system_now
from sidecar.domain.keys import has_valid_checksum, key_hash
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.pocketbase.filters import bind
from tests.conftest import Tenant, make_tenant, settings_for
from tests.pocketbase import RealPocketBase
from tests.serving import Service, serving

WRITES: Final[dict[str, dict[str, Any]]] = {
    "/sync/session": {"externalId": "after"},
    "/sync/message": {"sessionExternalId": "after", "externalId": "m"},
    "/sync/batch": {"sessions": [{"externalId": "after"}]},
}
HOUR: Final = 3_600_000


@pytest.fixture(scope="module")
async def second(
    pocketbase_process: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """Another sidecar on the same PocketBase: it shares no memory with the first."""
    settings = settings_for(pocketbase_process.url, tmp_path_factory.mktemp("second"))
    async with serving(create_app(settings), settings) as running:
        yield running


class Ahead:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.by = 0

    def now(self) -> int:
        return system_now() + self.by


@pytest.fixture
async def ahead(
    pocketbase_process: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Service, Ahead]]:
    """A sidecar with such a clock."""
    clock = Ahead()
    settings = settings_for(pocketbase_process.url, tmp_path_factory.mktemp("ahead"))
    async with serving(create_app(settings, Clock(clock.now)), settings) as running:
        yield running, clock


def plugin(service: Service, key: str) -> httpx.AsyncClient:
    return service.client(Authorization=f"Bearer {key}")


async def external_ids(pocketbase: PocketBase, user: str) -> list[str]:
    rows = pocketbase.every("sessions", bind("user = {:user}", user=user))
    return sorted([str(row["externalId"]) async for row in rows])


# Making and listing


async def test_a_key_is_made_shown_once_and_works(tenant: Tenant) -> None:
    expires = tenant.service.context.clock.now() + HOUR
    async with tenant.browser as http:
        made = await http.post("/api/keys", json={"name": " laptop ", "expiresAt": expires})
        body = made.json()
        listed = (await http.get("/api/keys")).json()["keys"]

    assert made.status_code == 201
    assert has_valid_checksum(body["key"])
    assert body["record"] == {
        "id": body["record"]["id"],
        "name": "laptop",
        "prefix": body["key"][:8],
        "createdAt": body["record"]["createdAt"],
        "lastUsedAt": None,
        "expiresAt": expires,
        "revokedAt": None,
    }
    assert body["record"] in listed
    async with plugin(tenant.service, body["key"]) as http:
        assert (await http.get("/api/me")).json()["user"]["id"] == tenant.id


async def test_a_user_has_as_many_keys_as_machines(tenant: Tenant) -> None:
    keys = {tenant.key}
    async with tenant.browser as http:
        for name in ("laptop", "desktop", "laptop"):
            keys.add((await http.post("/api/keys", json={"name": name})).json()["key"])
        listed = (await http.get("/api/keys")).json()["keys"]

    assert len(keys) == 4
    assert sorted(key["name"] for key in listed) == ["desktop", "laptop", "laptop", "test"]
    assert [key["createdAt"] for key in listed] == sorted(
        (key["createdAt"] for key in listed), reverse=True
    )
    for number, key in enumerate(keys):
        async with plugin(tenant.service, key) as http:
            answer = await http.post("/sync/session", json={"externalId": f"s{number}"})
            assert answer.status_code == 200
    async with tenant.browser as http:
        assert len((await http.get("/api/sessions")).json()["sessions"]) == 4


async def test_the_list_of_keys_holds_no_secret(tenant: Tenant, other: Tenant) -> None:
    async with tenant.browser as http:
        answer = await http.get("/api/keys")

    (key,) = answer.json()["keys"]
    assert key.keys() == {
        *("id", "name", "prefix", "createdAt", "lastUsedAt", "expiresAt", "revokedAt")
    }
    assert tenant.key[8:] not in answer.text
    assert key_hash(tenant.key) not in answer.text
    assert other.key_id not in answer.text


async def test_a_key_that_cannot_be_made_is_not_made(tenant: Tenant) -> None:
    wrong: list[tuple[object, int]] = [
        ({}, 400),
        ({"name": ""}, 400),
        ({"name": "  "}, 400),
        ({"name": "n" * 101}, 400),
        ({"name": "n", "expiresAt": 1}, 400),
        ({"name": "n", "expiresAt": -1}, 422),
        ({"name": "n", "expiresAt": "soon"}, 422),
        ({"name": "n", "expiresAt": 2**60}, 422),
        ({"name": ["n"]}, 422),
        ([], 400),
        ("name", 400),
    ]
    async with tenant.browser as http:
        for body, status in wrong:
            answer = await http.post("/api/keys", json=body)
            assert answer.status_code == status, body
            assert list(answer.json()) == ["error"]

    assert len(await tenant.service.context.keys.list(tenant.id)) == 1


async def test_what_a_request_says_of_owner_hash_or_key_does_not_count(
    tenant: Tenant, other: Tenant
) -> None:
    chosen = "osk_" + "0" * 38
    body = {
        "name": "n",
        "user": other.id,
        "key": chosen,
        "keyHash": key_hash(chosen),
        "id": "a" * 15,
        "revokedAt": 1,
    }
    async with tenant.browser as http:
        made = (await http.post("/api/keys", json=body)).json()

    assert made["key"] != chosen
    assert made["record"]["id"] != "a" * 15
    assert len(await tenant.service.context.keys.list(other.id)) == 1
    async with plugin(tenant.service, chosen) as http:
        assert (await http.get("/api/me")).status_code == 401


async def test_a_key_manages_no_keys(tenant: Tenant) -> None:
    spare = await tenant.service.context.keys.create(tenant.id, "spare")
    async with tenant.api as http:
        answers = [
            await http.get("/api/keys"),
            await http.post("/api/keys", json={"name": "more"}),
            await http.delete(f"/api/keys/{spare.record['id']}"),
            await http.delete(f"/api/keys/{tenant.key_id}"),
        ]

    assert [answer.status_code for answer in answers] == [403] * 4
    listed = await tenant.service.context.keys.list(tenant.id)
    assert {key["id"]: key["revokedAt"] for key in listed} == {
        tenant.key_id: None,
        spare.record["id"]: None,
    }


async def test_a_key_that_was_brought_along_from_the_fork_works(
    tenant: Tenant, pocketbase: PocketBase
) -> None:
    for key in (f"os_{uuid.uuid4().hex}", f"osk_V1StGXR8_Z5jdHi6B-{uuid.uuid4().hex[:8]}"):
        row = {"user": tenant.id, "name": "old", "prefix": key[:8], "keyHash": key_hash(key)}
        await pocketbase.create("apiKeys", row)
        async with plugin(tenant.service, key) as http:
            assert (await http.get("/api/me")).json()["user"]["id"] == tenant.id


# Revoking, expiring, deleting


async def use(*services: Service, key: str) -> None:
    """Use a key everywhere, so that every cache has it."""
    for service in services:
        async with plugin(service, key) as http:
            assert (await http.get("/api/stats")).status_code == 200
            answer = await http.post("/sync/session", json={"externalId": "before"})
            assert answer.status_code == 200


async def refused(service: Service, key: str, write: str) -> None:
    """Check that the very next write, and every request after it, is refused."""
    async with plugin(service, key) as http:
        statuses = [
            (await http.post(write, json=WRITES[write])).status_code,
            (await http.post(write, json=WRITES[write])).status_code,
            (await http.get("/api/stats")).status_code,
            (await http.get("/api/sessions/get?id=x")).status_code,
            *[(await http.post(path, json=body)).status_code for path, body in WRITES.items()],
        ]
    assert statuses == [401] * 7, write


async def test_a_revoked_key_is_refused_from_the_next_request_on_everywhere(
    service: Service, second: Service, tenant: Tenant, pocketbase: PocketBase
) -> None:
    for write in WRITES:
        made = await service.context.keys.create(tenant.id, "to be revoked")
        await use(service, second, key=made.key)
        async with tenant.browser as http:
            answer = await http.delete(f"/api/keys/{made.record['id']}")
        assert answer.status_code == 200
        assert answer.json()["revokedAt"] is not None

        await refused(second, made.key, write)
        await refused(service, made.key, write)

    assert await external_ids(pocketbase, tenant.id) == ["before"]
    await use(service, second, key=tenant.key)  # the other key of the user still works


CHANGES: Final[dict[str, dict[str, Any] | None]] = {
    "revoked": {"revokedAt": 1_700_000_000_000},
    "expired": {"expiresAt": 1_700_000_000_000},
    "deleted": None,
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_key_that_was_ended_in_pocketbase_writes_and_reads_nothing_more(
    change: str, service: Service, tenant: Tenant, pocketbase: PocketBase
) -> None:
    values = CHANGES[change]
    for write in WRITES:
        made = await service.context.keys.create(tenant.id, "to be ended")
        await use(service, key=made.key)
        if values is None:
            await pocketbase.delete("apiKeys", made.record["id"])
        else:
            await pocketbase.update("apiKeys", made.record["id"], values)

        await refused(service, made.key, write)

    assert await external_ids(pocketbase, tenant.id) == ["before"]


async def test_a_key_whose_end_was_taken_back_works_again(
    service: Service, tenant: Tenant, pocketbase: PocketBase
) -> None:
    await use(service, key=tenant.key)
    for field in ("revokedAt", "expiresAt"):
        await pocketbase.update("apiKeys", tenant.key_id, {field: 1_700_000_000_000})
        async with plugin(service, tenant.key) as http:
            assert (await http.get("/api/stats")).status_code == 401
            await pocketbase.update("apiKeys", tenant.key_id, {field: 0})
            answer = await http.post("/sync/session", json={"externalId": field})
            assert answer.status_code == 200


async def test_a_key_that_was_given_to_another_user_writes_for_nobody_else(
    service: Service, tenant: Tenant, other: Tenant, pocketbase: PocketBase
) -> None:
    await use(service, key=tenant.key)
    await pocketbase.update("apiKeys", tenant.key_id, {"user": other.id})

    async with plugin(service, tenant.key) as http:
        for number in range(3):
            await http.post("/sync/session", json={"externalId": f"s{number}"})
        assert (await http.get("/api/me")).json()["user"]["id"] == other.id

    assert await external_ids(pocketbase, tenant.id) == ["before"]
    assert (await external_ids(pocketbase, other.id))[-1] == "s2"


async def test_a_key_expires_by_the_clock(
    ahead: tuple[Service, Ahead], tenant: Tenant, pocketbase: PocketBase
) -> None:
    service, clock = ahead
    expires = system_now() + HOUR
    short = [(await service.context.keys.create(tenant.id, "short", expires)).key for _ in WRITES]
    for key in short:
        await use(service, key=key)
    clock.by = HOUR - 60_000
    for key in short:
        await use(service, key=key)

    clock.by = HOUR + 1

    for key, write in zip(short, WRITES, strict=True):
        await refused(service, key, write)
    assert await external_ids(pocketbase, tenant.id) == ["before"]


async def test_a_revoked_key_takes_no_other_write_of_its_group_down(
    service: Service, pocketbase: PocketBase
) -> None:
    gone, *others = [await make_tenant(service) for _ in range(4)]
    for tenant in (gone, *others):
        await use(service, key=tenant.key)
    await pocketbase.update("apiKeys", gone.key_id, {"revokedAt": 1})

    async def write(tenant: Tenant, number: int) -> int:
        async with tenant.api as http:
            answer = await http.post("/sync/session", json={"externalId": f"s{number}"})
        return answer.status_code

    tenants = [gone, *others] * 5
    statuses = await asyncio.gather(*(write(each, n) for n, each in enumerate(tenants)))

    assert statuses == [401 if tenant is gone else 200 for tenant in tenants]
    assert await external_ids(pocketbase, gone.id) == ["before"]
    for tenant in others:
        assert len(await external_ids(pocketbase, tenant.id)) == 6


async def test_revoking_twice_keeps_the_first_time(tenant: Tenant) -> None:
    async with tenant.browser as http:
        first = (await http.delete(f"/api/keys/{tenant.key_id}")).json()
        again = await http.delete(f"/api/keys/{tenant.key_id}")

    assert again.status_code == 200
    assert again.json() == first


async def test_a_key_of_somebody_else_or_nobody_cannot_be_revoked(
    tenant: Tenant, other: Tenant
) -> None:
    async with tenant.browser as http:
        for id in (other.key_id, other.id, "0" * 15, "x", "..", "%2e%2e", "%2f"):
            assert (await http.delete(f"/api/keys/{id}")).status_code in (404, 405), id

    async with other.api as http:
        assert (await http.get("/api/stats")).status_code == 200


# Users who are gone


async def rows_left(pocketbase: PocketBase, user: str) -> dict[str, list[Record]]:
    owners = {"messages": "session.user", "parts": "message.session.user"}
    left = {}
    for collection in ("sessions", "messages", "parts", "apiKeys", "apiLogs"):
        wanted = bind(f"{owners.get(collection, 'user')} = {{:user}}", user=user)
        left[collection] = [row async for row in pocketbase.every(collection, wanted)]
    return left


async def test_a_key_of_a_deleted_user_is_refused_and_leaves_no_rows(
    service: Service, second: Service, pocketbase: PocketBase
) -> None:
    tenant = await make_tenant(service)
    cached = [tenant.key]
    for _ in range(2):
        cached.append((await service.context.keys.create(tenant.id, "another")).key)
    for key in cached:
        await use(service, second, key=key)
    await pocketbase.delete("users", tenant.id)

    for key, write in zip(cached, WRITES, strict=True):
        await refused(service, key, write)
        await refused(second, key, write)
    await service.context.request_log.flush()
    await second.context.request_log.flush()

    assert not any((await rows_left(pocketbase, tenant.id)).values())


async def test_writes_that_meet_the_deletion_of_their_user_leave_no_rows(
    service: Service, pocketbase: PocketBase
) -> None:
    tenant = await make_tenant(service)
    await use(service, key=tenant.key)

    async def write(number: int) -> int:
        async with tenant.api as http:
            message = {"externalId": f"m{number}", "parts": [{"type": "text", "content": "t"}]}
            body = {**message, "sessionExternalId": f"s{number % 3}"}
            return (await http.post("/sync/message", json=body)).status_code

    first = [asyncio.create_task(write(number)) for number in range(20)]
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    second = [asyncio.create_task(write(number)) for number in range(20, 40)]
    await pocketbase.delete("users", tenant.id)
    statuses = await asyncio.gather(*first, *second)
    await service.context.request_log.flush()

    assert set(statuses) <= {200, 401}
    assert not any((await rows_left(pocketbase, tenant.id)).values())


# What is noted


async def logged(
    tenant: Tenant, pocketbase: PocketBase, expected: int
) -> dict[tuple[str, str, int], Record]:
    """Return the log of the user once it has as many different entries as are expected."""
    deadline = time.monotonic() + 60
    while True:
        await tenant.service.context.request_log.flush()
        rows = pocketbase.every("apiLogs", bind("user = {:user}", user=tenant.id))
        found = {(r["method"], r["endpoint"], r["statusCode"]): r async for r in rows}
        if len(found) >= expected or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.05)


async def test_calls_of_a_key_are_logged_also_those_that_fail(
    tenant: Tenant, pocketbase: PocketBase
) -> None:
    before = tenant.service.context.clock.now()
    async with tenant.api as http:
        await http.post("/sync/session", json={"externalId": "s"})
        await http.post("/api/sync/session", json=[])
        await http.post("/sync/session", content=b"not JSON")
        await http.post("/sync/message", json={"sessionExternalId": "s", "externalId": 1.5e300})
        await http.post("/sync//batch", json={"sessions": "x"})
        await http.get("/api/sessions/get")
        await http.get(f"/api/sessions/{'0' * 15}")
        await http.get("/api/stats?secret=kept-out")
        await http.get("/api/keys")

    found = await logged(tenant, pocketbase, 7)

    assert found.keys() >= {
        ("POST", "/sync/session", 200),
        ("POST", "/sync/session", 400),
        ("POST", "/sync/batch", 422),
        ("GET", "/api/sessions/get", 400),
        ("GET", "/api/sessions/{id}", 404),
        ("GET", "/api/stats", 200),
        ("GET", "/api/keys", 403),
    }
    for row in found.values():
        assert row["apiKey"] == tenant.key_id
        assert before <= row["createdAt"] <= tenant.service.context.clock.now()
        assert row["responseTimeMs"] > 0
        assert "kept-out" not in str(row)


async def test_calls_of_a_browser_or_token_are_logged_without_a_key(
    tenant: Tenant, pocketbase: PocketBase
) -> None:
    async with tenant.browser as http:
        await http.get("/api/me")
    async with tenant.service.client(Authorization=await tenant.token()) as http:
        await http.get("/api/stats")

    found = await logged(tenant, pocketbase, 2)

    assert found.keys() == {("GET", "/api/me", 200), ("GET", "/api/stats", 200)}
    assert {row["apiKey"] for row in found.values()} == {""}


async def test_calls_of_nobody_known_are_not_logged(
    service: Service, tenant: Tenant, pocketbase: PocketBase
) -> None:
    await tenant.service.context.keys.revoke(tenant.id, tenant.key_id)
    await service.context.request_log.flush()
    before = {row["id"] async for row in pocketbase.every("apiLogs", "")}
    name = str(tenant.record["autheliaId"])
    strangers = [
        service.client(),
        service.client(Authorization="Bearer osk_" + "0" * 38),
        service.client(Authorization="Bearer a.b.c"),
        tenant.api,
        service.client("203.0.113.9", Remote_User=name),
        service.client(Remote_User=name, Origin="https://evil.test"),
    ]
    for stranger in strangers:
        async with stranger as http:
            assert (await http.post("/sync/session", json={})).status_code in (401, 403)
            await http.get("/health")
            await http.get("/nowhere")
    # Entries are written in the order of arrival: once this one is there, others would be.
    marker = await make_tenant(service)
    async with marker.api as http:
        await http.get("/api/stats")
    await logged(marker, pocketbase, 1)

    rows = [row async for row in pocketbase.every("apiLogs", "") if row["id"] not in before]
    assert {row["user"] for row in rows} == {marker.id}


async def test_when_a_key_was_last_used_is_noted(tenant: Tenant, pocketbase: PocketBase) -> None:
    service = tenant.service
    spare = await service.context.keys.create(tenant.id, "spare")

    async def used() -> dict[str, int | None]:
        keys = await service.context.keys.list(tenant.id)
        return {str(key["id"]): key["lastUsedAt"] for key in keys}

    assert set((await used()).values()) == {None}
    before = service.context.clock.now()
    async with tenant.api as http:
        await http.post("/sync/session", content=b"even a failure is use")
    await logged(tenant, pocketbase, 1)

    first = (await used())[tenant.key_id]
    assert first is not None
    assert before <= first <= service.context.clock.now()
    assert (await used())[spare.record["id"]] is None

    async with tenant.api as http:
        await http.get("/api/stats")
    await logged(tenant, pocketbase, 2)
    last = (await used())[tenant.key_id]
    assert last is not None
    assert last >= first


async def test_the_log_is_written_once_by_flushes_at_the_same_time(
    tenant: Tenant, pocketbase: PocketBase
) -> None:
    log = tenant.service.context.request_log
    async with tenant.api as http:
        for _ in range(3):
            await http.get("/api/stats")
        await asyncio.gather(*(log.flush() for _ in range(4)))
        await http.get("/api/stats")
        await asyncio.gather(*(log.flush() for _ in range(4)))

    rows = pocketbase.every("apiLogs", bind("user = {:user}", user=tenant.id))
    assert len([row async for row in rows]) == 4
