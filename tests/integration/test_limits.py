"""Who sends too much, too often or too slowly is held up, and nobody else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sidecar.app import create_app
from sidecar.services.limits import BURST_SECONDS, LIMITED
from tests.conftest import Tenant, make_tenant, settings_for
from tests.pocketbase import RealPocketBase
from tests.serving import PROXY, STRANGER, Service, serving
from tests.stored import messages_of, parts_of

CLIENT = "203.0.113.7"


@asynccontextmanager
async def limited(
    pocketbase: RealPocketBase, folder: Path, **values: Any
) -> AsyncIterator[Service]:
    settings = settings_for(pocketbase.url, folder, **values)
    async with serving(create_app(settings), settings) as running:
        yield running


def messages(count: int) -> list[dict[str, Any]]:
    return [{"sessionExternalId": "s", "externalId": f"m{n}"} for n in range(count)]


async def arrived(tenant: Tenant, count: int) -> None:
    """Wait until so many messages are there: a busy database gets them from the spool."""
    async with asyncio.timeout(60):
        while len(await messages_of(tenant, "s")) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert len(await messages_of(tenant, "s")) == count


async def test_sync_beyond_the_rate_waits_and_is_stored(
    pocketbase_process: RealPocketBase, tmp_path: Path
) -> None:
    async with limited(
        pocketbase_process, tmp_path, rate_sync=0.3, rate_delay_seconds=60
    ) as service:
        tenant = await make_tenant(service)
        before = LIMITED.labels("sync", "delayed")._value.get()

        async with tenant.api as api:
            answers = await asyncio.gather(
                *(api.post("/sync/message", json=message) for message in messages(9))
            )

        assert {answer.status_code for answer in answers} == {200}
        assert LIMITED.labels("sync", "delayed")._value.get() > before
        await arrived(tenant, 9)


async def test_sync_far_beyond_the_rate_is_told_when_to_come_again(
    pocketbase_process: RealPocketBase, tmp_path: Path
) -> None:
    rate = 0.5
    async with limited(
        pocketbase_process, tmp_path, rate_sync=rate, rate_delay_seconds=0
    ) as service:
        tenant = await make_tenant(service)

        async with tenant.api as api:
            answers = await asyncio.gather(
                *(api.post("/sync/message", json=message) for message in messages(100))
            )
            reading = await api.get("/api/sessions")

        refused = [answer for answer in answers if answer.status_code == 429]
        stored = [answer for answer in answers if answer.status_code == 200]
        assert len(stored) + len(refused) == 100
        assert BURST_SECONDS * rate <= len(stored) < 100
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        assert list(refused[0].json()) == ["error"]
        await arrived(tenant, len(stored))
        assert reading.status_code == 200


@pytest.fixture(scope="module")
async def strict(
    pocketbase_process: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A sidecar that takes two wrong keys from an address, and then hardly any."""
    folder = tmp_path_factory.mktemp("strict")
    async with limited(
        pocketbase_process, folder, rate_wrong_keys=0.0001, rate_delay_seconds=0
    ) as service:
        yield service


async def asked(service: Service, key: str, peer: str, *forwarded: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    if forwarded:
        headers["X-Forwarded-For"] = ", ".join(forwarded)
    async with service.client(peer) as client:
        return await client.get("/api/sessions", headers=headers)


def wrong(number: int) -> str:
    return f"osk_{number:032d}"


async def test_wrong_keys_of_an_address_are_held_up_and_right_ones_are_not(
    strict: Service,
) -> None:
    tenant = await make_tenant(strict)
    answers = [await asked(strict, wrong(n), PROXY, "198.51.100.1") for n in range(6)]

    assert [answer.status_code for answer in answers] == [401] + [429] * 5
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await asked(strict, tenant.key, PROXY, "198.51.100.1")).status_code == 200
    assert (await asked(strict, wrong(7), PROXY, "198.51.100.2")).status_code == 401


async def test_another_address_in_a_header_is_no_way_round_the_limit(strict: Service) -> None:
    for number in range(3):
        await asked(strict, wrong(number), PROXY, CLIENT)
        await asked(strict, wrong(number), STRANGER)

    for number in range(3):
        spoofed = f"192.0.2.{number}"
        assert (await asked(strict, wrong(9), PROXY, spoofed, CLIENT)).status_code == 429
        assert (await asked(strict, wrong(9), STRANGER, spoofed)).status_code == 429


async def test_who_shows_no_key_at_all_is_not_counted(strict: Service) -> None:
    async with strict.client("192.0.2.77") as client:
        answers = [await client.get("/api/sessions") for _ in range(5)]

    assert {answer.status_code for answer in answers} == {401}


async def test_a_body_that_stops_arriving_is_not_waited_for(
    pocketbase_process: RealPocketBase, tmp_path: Path
) -> None:
    async def stopping() -> AsyncIterator[bytes]:
        yield b'{"sessionExternalId": "s", '
        await asyncio.Event().wait()

    async with limited(pocketbase_process, tmp_path, body_pause_seconds=0.5) as service:
        tenant = await make_tenant(service)
        async with tenant.api as api:
            answer = await api.post("/sync/message", content=stopping())
            again = await api.post("/sync/message", json=messages(1)[0])

    assert answer.status_code == 408
    assert list(answer.json()) == ["error"]
    assert answer.headers["connection"] == "close"
    assert again.status_code == 200


async def test_a_body_with_very_many_parts_is_refused_whole(
    pocketbase_process: RealPocketBase, tmp_path: Path
) -> None:
    async with limited(pocketbase_process, tmp_path, max_body_items=100) as service:
        tenant = await make_tenant(service)
        most = messages(1)[0] | {"parts": ["x"] * 99}
        batch = {"messages": [message | {"parts": ["x"] * 49} for message in messages(2)]}
        async with tenant.api as api:
            fits = await api.post("/sync/message", json=most)
            fits_together = await api.post("/sync/batch", json=batch)
            one_more = await api.post("/sync/message", json=most | {"parts": ["x"] * 100})
            batch["messages"].append(messages(1)[0])
            one_more_together = await api.post("/sync/batch", json=batch)

        assert (fits.status_code, fits_together.status_code) == (200, 200)
        assert (one_more.status_code, one_more_together.status_code) == (413, 413)
        assert "several requests" in one_more.json()["error"]
        await arrived(tenant, 2)
        assert [len(await parts_of(tenant, f"m{n}")) for n in range(2)] == [49, 49]
