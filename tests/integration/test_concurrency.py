"""Many clients at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.conftest import Tenant, make_tenant
from tests.serving import Service
from tests.stored import accepted, contents_of, message_of, messages_of, session_of, sessions_of

CLIENTS, EACH = 32, 100


async def test_32_clients_post_100_messages_each_into_one_new_session(tenant: Tenant) -> None:
    async def client(number: int) -> list[int]:
        async with tenant.api as api:
            return [
                (
                    await api.post(
                        "/sync/message",
                        json={
                            "sessionExternalId": "s",
                            "externalId": f"{number}-{index}",
                            "role": "user",
                            "textContent": f"message {index} of client {number}",
                            "parts": [{"type": "text", "content": index}],
                        },
                    )
                ).status_code
                for index in range(EACH)
            ]

    answers = await asyncio.gather(*(client(number) for number in range(CLIENTS)))

    assert Counter(status for one in answers for status in one) == {200: CLIENTS * EACH}
    assert len(await sessions_of(tenant)) == 1
    assert (await session_of(tenant))["messageCount"] == CLIENTS * EACH
    stored = {message["externalId"] for message in await messages_of(tenant)}
    assert stored == {f"{n}-{i}" for n in range(CLIENTS) for i in range(EACH)}
    assert await contents_of(tenant, "31-99") == [99]


@pytest.mark.parametrize("first", ["session", "message", "batch"])
async def test_16_parallel_first_requests_make_one_session(tenant: Tenant, first: str) -> None:
    bodies: dict[str, Any] = {
        "session": {"externalId": "s", "title": "T"},
        "message": {"sessionExternalId": "s", "externalId": "m", "textContent": "x"},
        "batch": {
            "sessions": [{"externalId": "s", "title": "T"}],
            "messages": [{"sessionExternalId": "s", "externalId": "m", "parts": ["a", "b"]}],
        },
    }
    answers = await asyncio.gather(*(accepted(tenant, first, bodies[first]) for _ in range(16)))

    assert all(answer == answers[0] for answer in answers)
    assert len(await sessions_of(tenant)) == 1
    assert (await session_of(tenant))["messageCount"] == (0 if first == "session" else 1)


async def test_a_session_and_its_messages_may_arrive_at_once(tenant: Tenant) -> None:
    session = {"externalId": "s", "title": "T", "source": "pi", "promptTokens": 5}
    messages = [
        {"sessionExternalId": "s", "externalId": str(number), "textContent": "x"}
        for number in range(30)
    ]
    await asyncio.gather(
        *(accepted(tenant, "message", message) for message in messages),
        *(accepted(tenant, "session", session) for _ in range(3)),
    )

    stored = await session_of(tenant)
    assert (stored["title"], stored["source"], stored["promptTokens"]) == ("T", "pi", 5)
    assert (stored["messageCount"], stored["stub"]) == (30, False)


async def test_parts_of_writes_that_race_for_one_message_are_never_mixed(tenant: Tenant) -> None:
    versions = [[f"v{version}"] * (1 + version % 5) for version in range(40)]
    await asyncio.gather(
        *(
            accepted(
                tenant,
                "message",
                {
                    "sessionExternalId": "s",
                    "externalId": "m",
                    "textContent": parts[0],
                    "parts": parts,
                },
            )
            for parts in versions
        )
    )

    left = await contents_of(tenant)
    assert left in versions
    assert (await message_of(tenant))["textContent"] == left[0]


async def test_users_that_write_at_once_do_not_see_each_others_rows(service: Service) -> None:
    tenants = [await make_tenant(service) for _ in range(4)]

    async def client(tenant: Tenant) -> None:
        for number in range(25):
            await accepted(
                tenant,
                "message",
                {"sessionExternalId": "s", "externalId": str(number), "textContent": tenant.id},
            )

    await asyncio.gather(*(client(tenant) for tenant in tenants for _ in range(2)))

    for tenant in tenants:
        messages = await messages_of(tenant)
        assert len(messages) == (await session_of(tenant))["messageCount"] == 25
        assert {message["textContent"] for message in messages} == {tenant.id}


async def test_a_bad_request_among_many_fails_alone(tenant: Tenant) -> None:
    good = [
        {"sessionExternalId": "s", "externalId": str(number), "textContent": "x"}
        for number in range(20)
    ]
    bad = [{"sessionExternalId": "s", "externalId": str(number), "parts": 5} for number in range(5)]
    async with tenant.api as api:
        answers = await asyncio.gather(
            *(api.post("/sync/message", json=body) for body in [*good, *bad])
        )

    assert [answer.status_code for answer in answers] == [200] * 20 + [422] * 5
    assert (await session_of(tenant))["messageCount"] == 20


async def test_a_write_that_the_database_refuses_fails_alone(tenant: Tenant) -> None:
    """A record that was made by hand holds the place; its neighbours in the group are stored."""
    pocketbase = tenant.service.context.pocketbase
    await pocketbase.create("sessions", {"user": tenant.id, "externalId": "taken"})
    names = ["a", "b", "taken", "c", "d"]
    async with tenant.api as api:
        answers = await asyncio.gather(
            *(api.post("/sync/session", json={"externalId": name}) for name in names)
        )

    statuses = dict(zip(names, (answer.status_code for answer in answers), strict=True))
    assert statuses.pop("taken") >= 400
    assert set(statuses.values()) == {200}
    assert sorted(s["externalId"] for s in await sessions_of(tenant)) == sorted(names)


async def test_a_client_that_hangs_up_does_not_disturb_the_others(tenant: Tenant) -> None:
    async def impatient(number: int) -> None:
        body = {"sessionExternalId": "s", "externalId": f"gone {number}"}
        request = asyncio.create_task(accepted(tenant, "message", body))
        await asyncio.sleep(0)
        request.cancel()
        await asyncio.wait({request})

    async def patient(number: int) -> None:
        await accepted(tenant, "message", {"sessionExternalId": "s", "externalId": str(number)})

    await asyncio.gather(*(client(n) for n in range(20) for client in (impatient, patient)))

    stored = {message["externalId"] for message in await messages_of(tenant)}
    assert {str(number) for number in range(20)} <= stored
    assert (await session_of(tenant))["messageCount"] == len(stored)
