"""PocketBase goes away and comes back, or stops believing the sidecar's token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sidecar.pocketbase import client
from sidecar.pocketbase.client import PocketBase
from tests.conftest import Tenant, make_tenant
from tests.integration.conftest import Start
from tests.outages import (
    ALL,
    CLIENTS,
    PATIENCE,
    Load,
    assert_come_back_later,
    assert_nothing_lost_or_doubled,
    drained,
    message,
    taken,
)
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.serving import Service
from tests.stored import accepted, messages_of, parts_of, post, session_of

SOON = {"spool_after_seconds": 0.2}
UNKEPT = SOON | {"spool_bytes": 0}  # with nothing to keep writes in


async def test_no_message_is_lost_when_pocketbase_is_killed_under_load(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start()
    tenant = await make_tenant(service)
    load = Load(tenant)
    running = asyncio.create_task(load.run())
    for share in (ALL // 4, ALL // 2):
        await load.answered(share)
        await asyncio.to_thread(mortal.kill)
        await asyncio.to_thread(mortal.start)
    await running
    await drained(service)

    # It was back well before the writes were given up.
    assert load.refused == []
    assert len(load.stored) == ALL
    await assert_nothing_lost_or_doubled(tenant, load)


async def test_without_a_spool_writes_during_an_outage_are_refused_and_taken_afterwards(
    mortal: RealPocketBase, start: Start
) -> None:
    tenant = await make_tenant(await start(**UNKEPT))
    load = Load(tenant)
    running = asyncio.create_task(load.run(again=True))
    await load.answered(ALL // 4)
    await asyncio.to_thread(mortal.kill)
    await load.refusals(CLIENTS)
    taken = len(load.stored)
    await asyncio.to_thread(mortal.start)
    await running

    assert taken < ALL
    assert len(load.stored) == ALL
    await assert_nothing_lost_or_doubled(tenant, load)


async def test_everything_that_needs_the_database_asks_to_come_back_later(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start(**UNKEPT)
    tenant = await make_tenant(service)
    await taken(tenant, "message", message(1))
    await asyncio.to_thread(mortal.kill)

    async with tenant.api as api, tenant.browser as browser:
        for path, body in (
            ("session", {"externalId": "s", "title": "T"}),
            ("message", message(2)),
            ("batch", {"messages": [message(3)]}),
        ):
            assert_come_back_later(await api.post(f"/sync/{path}", json=body))
        for path in ("/api/sessions", "/api/sessions/000000000000000", "/api/stats"):
            assert_come_back_later(await api.get(path))
        assert_come_back_later(await api.get("/sync/sessions/list"))
        assert_come_back_later(await browser.get("/api/me"))
        assert_come_back_later(await browser.get("/api/keys"))
        assert (await api.get("/health")).status_code == 200
        assert (await api.get("/ready")).status_code == 503

    await asyncio.to_thread(mortal.start)
    await taken(tenant, "session", {"externalId": "s", "title": "T"})
    async with tenant.api as api:
        assert (await api.get("/ready")).status_code == 200
        assert (await api.get("/api/sessions")).status_code == 200


async def test_a_bad_request_is_told_so_during_an_outage_too(
    mortal: RealPocketBase, start: Start
) -> None:
    tenant = await make_tenant(await start(**SOON))
    await accepted(tenant, "message", message(1))
    await asyncio.to_thread(mortal.kill)

    assert (await post(tenant, "message", {"externalId": "m"})).status_code == 400


async def test_the_sidecar_may_start_before_pocketbase(
    mortal: RealPocketBase, start: Start, superuser: PocketBase
) -> None:
    first = await make_tenant(await start())
    await asyncio.to_thread(mortal.kill)
    late = await start()
    tenant = Tenant(first.record, first.key, first.key_id, late)

    assert_come_back_later(await post(tenant, "message", message(1)))
    async with late.client() as nobody:
        assert (await nobody.get("/health")).status_code == 200
    await asyncio.to_thread(mortal.start)

    await accepted(tenant, "message", message(1))
    assert [m["externalId"] for m in await messages_of(tenant)] == ["1"]


async def test_a_write_that_waits_for_pocketbase_is_stored_once_it_is_back(
    mortal: RealPocketBase, start: Start
) -> None:
    tenant = await make_tenant(await start())
    await accepted(tenant, "message", message(1))
    await asyncio.to_thread(mortal.kill)

    waiting = [asyncio.create_task(accepted(tenant, "message", message(n))) for n in range(2, 6)]
    await asyncio.sleep(0)
    await asyncio.to_thread(mortal.start)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*waiting)

    assert len(await messages_of(tenant)) == 5
    assert (await session_of(tenant))["messageCount"] == 5
    assert len(await parts_of(tenant, "5")) == 2


# The superuser's token.


async def set_password(superuser: PocketBase, password: str) -> None:
    """Set the superuser's password, even to the same: tokens given out before are void."""
    page = await superuser.page("_superusers", "", sort="id", limit=1)
    values = {"password": password, "passwordConfirm": password}
    await superuser.update("_superusers", page[0]["id"], values)


def count_sign_ins(service: Service) -> list[str]:
    """Return a list that grows with each time the sidecar signs in."""
    seen: list[str] = []

    async def note(request: httpx.Request) -> None:
        if request.url.path.endswith("/auth-with-password"):
            seen.append(request.url.path)

    service.context.pocketbase._http.event_hooks["request"].append(note)
    return seen


async def test_a_token_that_became_void_is_renewed_once_for_all_who_wait(
    start: Start, superuser: PocketBase
) -> None:
    service = await start()
    tenant = await make_tenant(service)
    await accepted(tenant, "message", message(0))
    sign_ins = count_sign_ins(service)
    await set_password(superuser, PASSWORD)

    async with tenant.api as api:
        answers = await asyncio.gather(
            *(api.post("/sync/message", json=message(number)) for number in range(20)),
            *(api.get("/api/sessions") for _ in range(20)),
        )

    assert {answer.status_code for answer in answers} == {200}
    assert len(sign_ins) == 1
    assert (await session_of(tenant))["messageCount"] == 20


async def test_a_token_is_renewed_after_pocketbase_restarted_with_another_secret(
    mortal: RealPocketBase, start: Start, superuser: PocketBase
) -> None:
    service = await start()
    tenant = await make_tenant(service)
    await set_password(superuser, PASSWORD)
    await asyncio.to_thread(mortal.kill)
    await asyncio.to_thread(mortal.start)

    await accepted(tenant, "message", message(1))
    assert len(await messages_of(tenant)) == 1


def ids_in(value: Any) -> list[str]:
    """Return all record ids within an answer; the rest may change with every call."""
    if isinstance(value, list):
        return [id for item in value for id in ids_in(item)]
    if isinstance(value, dict):
        own = [str(value[name]) for name in ("id", "sessionIds") if name in value]
        return own + [id for item in value.values() for id in ids_in(item)]
    return []


async def test_a_reader_is_never_shown_less_because_the_token_became_void(
    start: Start, superuser: PocketBase
) -> None:
    """PocketBase takes a void token for a guest's, and shows a guest empty lists."""
    service = await start()
    tenant = await make_tenant(service)
    await accepted(tenant, "session", {"externalId": "s"})
    id = (await session_of(tenant))["id"]

    async with tenant.browser as browser, tenant.api as api:
        calls = [
            (browser, "/api/me"),
            (browser, "/api/sessions"),
            (browser, "/api/keys"),
            (browser, f"/api/sessions/{id}"),
            (api, "/api/sessions"),
            (api, "/sync/sessions/list"),
        ]
        for http, path in calls:
            before = await http.get(path)
            await set_password(superuser, PASSWORD)
            after = await http.get(path)
            assert (before.status_code, after.status_code) == (200, 200), (path, after.text)
            assert ids_in(after.json()) == ids_in(before.json())


async def test_a_visitor_is_still_the_same_user_after_the_token_became_void(
    start: Start, superuser: PocketBase
) -> None:
    service = await start()
    tenant = await make_tenant(service)
    await set_password(superuser, PASSWORD)

    async with tenant.browser as browser:
        assert (await browser.get("/api/me")).json()["user"]["id"] == tenant.id
    assert len([r async for r in service.context.users.all() if r["id"] == tenant.id]) == 1


WRONG = "another-password-for-tests"


@asynccontextmanager
async def another_password(superuser: PocketBase, url: str) -> AsyncIterator[None]:
    """Within, the password that the sidecar knows is refused."""
    await set_password(superuser, WRONG)
    try:
        yield
    finally:
        async with client.connect(url, EMAIL, WRONG) as changed:
            await set_password(changed, PASSWORD)


async def test_while_the_password_is_wrong_sync_is_kept_and_readers_come_back_later(
    mortal: RealPocketBase, start: Start, superuser: PocketBase
) -> None:
    service = await start(**SOON)
    tenant = await make_tenant(service)
    await accepted(tenant, "message", message(1))
    async with another_password(superuser, mortal.url), tenant.api as api:
        await accepted(tenant, "message", message(2))
        answer = await api.get("/api/sessions")

    assert_come_back_later(answer)
    # What to set is for the operator, in the log; not for whoever calls.
    assert "OPENSYNC_" not in answer.text
    await drained(service)
    assert len(await messages_of(tenant)) == 2


async def test_a_wrong_password_is_not_tried_once_for_every_write(
    mortal: RealPocketBase, start: Start, superuser: PocketBase
) -> None:
    service = await start(**SOON)
    tenant = await make_tenant(service)
    await accepted(tenant, "message", message(0))
    sign_ins = count_sign_ins(service)
    async with another_password(superuser, mortal.url), tenant.api as api:
        await asyncio.gather(
            *(api.post("/sync/message", json=message(number)) for number in range(64))
        )

    # A few for each group, and all these writes fill only a few groups.
    assert len(sign_ins) < 32
