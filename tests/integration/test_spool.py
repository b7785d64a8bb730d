"""Sync while PocketBase is away, hangs or cannot write: what was accepted is stored in the end."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sidecar.app import create_app
from sidecar.config import Settings
from sidecar.domain import ids
from sidecar.spool.file import Counts, SpoolFile
from tests.conftest import Tenant, make_tenant, settings_for
from tests.integration.conftest import Start
from tests.outages import (
    ALL,
    Load,
    assert_come_back_later,
    assert_nothing_lost_or_doubled,
    drained,
    message,
    until,
)
from tests.pocketbase import RealPocketBase
from tests.serving import Service, serving
from tests.stored import accepted, contents_of, message_of, messages_of, post, session_of

SOON = {"spool_after_seconds": 0.3}


def counts(service: Service) -> Counts:
    return service.context.spool.state.counts


async def ready(service: Service) -> dict[str, Any]:
    async with service.client() as nobody:
        answer: dict[str, Any] = (await nobody.get("/ready")).json()
        return answer


@pytest.fixture
def settings(mortal: RealPocketBase, tmp_path: Path) -> Settings:
    """Of sidecars that use one data folder, one after the other."""
    return settings_for(mortal.url, tmp_path, **SOON)


@asynccontextmanager
async def sidecar(settings: Settings) -> AsyncIterator[Service]:
    async with serving(create_app(settings), settings) as service:
        yield service


@contextmanager
def paused(mortal: RealPocketBase) -> Iterator[None]:
    """Within, PocketBase is there and does nothing."""
    assert mortal.process is not None
    os.kill(mortal.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(mortal.process.pid, signal.SIGCONT)


async def test_under_load_nothing_is_refused_or_lost_while_pocketbase_is_killed(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start(**SOON)
    tenant = await make_tenant(service)
    load = Load(tenant)
    running = asyncio.create_task(load.run())
    await load.answered(ALL // 4)
    await asyncio.to_thread(mortal.kill)
    await until(lambda: counts(service).waiting > 0)
    await load.answered(ALL // 2)
    await asyncio.to_thread(mortal.start)
    await running
    await drained(service)

    assert load.refused == []
    await assert_nothing_lost_or_doubled(tenant, load)


async def test_under_load_nothing_is_refused_or_lost_while_pocketbase_hangs(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start(**SOON)
    tenant = await make_tenant(service)
    load = Load(tenant)
    running = asyncio.create_task(load.run())
    await load.answered(ALL // 4)
    with paused(mortal):
        await until(lambda: counts(service).waiting > 0)
        await load.answered(ALL // 2)
    await running
    await drained(service)

    assert load.refused == []
    await assert_nothing_lost_or_doubled(tenant, load)


async def test_the_answer_has_the_ids_that_the_rows_get(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start(**SOON)
    tenant = await make_tenant(service)
    await accepted(tenant, "session", {"externalId": "s", "title": "T"})
    await drained(service)
    await asyncio.to_thread(mortal.kill)
    session = await accepted(tenant, "session", {"externalId": "s", "promptTokens": 7})
    stored = await accepted(tenant, "message", message("m"))
    batch = await accepted(tenant, "batch", {"messages": [message("n")]})
    assert batch["messages"] == 1
    assert counts(service).waiting == 3

    await asyncio.to_thread(mortal.start)
    await drained(service)
    record = await session_of(tenant)
    assert (record["id"], record["promptTokens"]) == (session["sessionId"], 7)
    assert (await message_of(tenant, "m"))["id"] == stored["messageId"]
    assert record["messageCount"] == 2


async def test_the_last_of_two_titles_wins_however_they_were_written(
    mortal: RealPocketBase, start: Start
) -> None:
    """PocketBase has the first in its hands when it hangs; that must not undo the second."""
    service = await start(**SOON)
    tenant = await make_tenant(service)
    for number in range(10):
        session = f"s{number}"
        await accepted(tenant, "session", {"externalId": session})
        with paused(mortal):
            for title in ("first", "second"):
                await accepted(tenant, "session", {"externalId": session, "title": title})
        await drained(service)
        assert (await session_of(tenant, session))["title"] == "second"


async def test_parts_that_were_replaced_twice_are_not_mixed(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start(**SOON)
    tenant = await make_tenant(service)
    await accepted(tenant, "message", message("m"))
    await asyncio.to_thread(mortal.kill)
    for parts in (["a", "b", "c"], ["d"], ["e", "f"]):
        await accepted(tenant, "message", {**message("m"), "parts": parts})
    await asyncio.to_thread(mortal.start)
    await drained(service)

    assert await contents_of(tenant, "m") == ["e", "f"]


async def test_what_waits_survives_a_restart_of_both_and_known_keys_do_too(
    mortal: RealPocketBase, settings: Settings
) -> None:
    async with sidecar(settings) as first:
        tenant = await make_tenant(first)
        await accepted(tenant, "message", message(1))
        await drained(first)
        await asyncio.to_thread(mortal.kill)
        await accepted(tenant, "message", message(2))
    async with sidecar(settings) as second:
        again = Tenant(tenant.record, tenant.key, tenant.key_id, second)
        assert counts(second).waiting == 1
        await accepted(again, "message", message(3))
        assert_come_back_later(
            await post(Tenant(tenant.record, tenant.key[:-1], "", second), "message", message(4))
        )
        async with again.api as api:
            assert_come_back_later(await api.get("/api/sessions"))
        await asyncio.to_thread(mortal.start)
        await drained(second)
        assert [m["externalId"] for m in await messages_of(again)] == ["1", "2", "3"]
        assert (await session_of(again))["messageCount"] == 3


async def test_a_write_that_is_brought_twice_counts_once(
    mortal: RealPocketBase, settings: Settings
) -> None:
    """As after a crash between PocketBase's commit and the removal from the spool."""
    spool = settings.data / "spool"
    async with sidecar(settings) as service:
        tenant = await make_tenant(service)
        await accepted(tenant, "session", {"externalId": "s", "promptTokens": 5})
        await drained(service)
        await asyncio.to_thread(mortal.kill)
        await accepted(tenant, "message", message(1))
        await accepted(tenant, "session", {"externalId": "s", "promptTokens": 9})
    kept = SpoolFile(spool / "spool.db").oldest(1 << 20)
    await asyncio.to_thread(mortal.start)
    async with sidecar(settings) as service:
        await drained(service)
    file = SpoolFile(spool / "spool.db")
    file.append([one.write for one in kept], 1)
    file.close()
    async with sidecar(settings) as service:
        again = Tenant(tenant.record, tenant.key, tenant.key_id, service)
        await drained(service)
        record = await session_of(again)
        assert (record["messageCount"], record["promptTokens"]) == (1, 9)
        assert len(await messages_of(again)) == 1


async def test_writes_of_a_key_that_was_revoked_meanwhile_are_set_aside(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start(**SOON)
    tenant, other = await make_tenant(service), await make_tenant(service)
    for one in (tenant, other):
        await accepted(one, "message", message(1))
    await drained(service)
    await asyncio.to_thread(mortal.kill)
    for one in (tenant, other):
        await accepted(one, "message", message(2))
    with sqlite3.connect(mortal.database) as database:
        database.execute("UPDATE apiKeys SET revokedAt = 1 WHERE id = ?", (tenant.key_id,))
    database.close()
    await asyncio.to_thread(mortal.start)
    await drained(service)

    assert len(await messages_of(tenant)) == 1
    assert len(await messages_of(other)) == 2
    (found,) = set_aside(service)
    assert (found.user, found.key) == (tenant.id, tenant.key_id)
    assert "revoked" in found.reason


def set_aside(service: Service) -> list[Any]:
    file = SpoolFile(service.settings.data / "spool" / "spool.db")
    try:
        return file.aside()
    finally:
        file.close()


async def test_a_write_that_is_refused_holds_up_no_other_and_can_be_brought_again(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start(**SOON)
    tenant, other = await make_tenant(service), await make_tenant(service)
    await accepted(tenant, "session", {"externalId": "s"})
    taken = ids.session_id(tenant.id, "moved")
    await asyncio.to_thread(mortal.kill)
    # A session that somebody else owns: the hook refuses what is written to it.
    with sqlite3.connect(mortal.database) as database:
        database.execute(
            "INSERT INTO sessions (id, user, externalId) VALUES (?, ?, 'x')", (taken, other.id)
        )
    database.close()
    for body in (message(1), {**message(2), "sessionExternalId": "moved"}, message(3)):
        await accepted(tenant, "message", body)
    await asyncio.to_thread(mortal.start)
    await drained(service)

    assert [m["externalId"] for m in await messages_of(tenant)] == ["1", "3"]
    (found,) = set_aside(service)
    assert (found.user, found.sessions) == (tenant.id, [taken])
    assert "belongs to another user" in found.reason
    state = await ready(service)
    assert state["status"] == "ready"
    assert state["spool"]["setAside"] == 1
    assert any("opensync spool" in notice for notice in state["notices"])

    # The cause is mended, and the command line lets it go again.
    await service.context.pocketbase.delete("sessions", taken)
    file = SpoolFile(service.settings.data / "spool" / "spool.db")
    assert file.retry(None) == 1
    file.close()
    await until(lambda: counts(service).aside == 0 and counts(service).waiting == 0)
    assert [m["externalId"] for m in await messages_of(tenant, "moved")] == ["2"]


async def test_a_database_that_cannot_be_written_is_waited_for(
    mortal: RealPocketBase, start: Start
) -> None:
    """Nothing is wrong with the writes then, so none of them is set aside."""
    service = await start(**SOON)
    tenant = await make_tenant(service)
    await accepted(tenant, "message", message(1))
    await drained(service)
    with sqlite3.connect(mortal.database, isolation_level=None, timeout=60) as database:
        # As another program would that copies the database and lets nobody write.
        database.execute("BEGIN IMMEDIATE")
        await accepted(tenant, "message", message(2))
        await accepted(tenant, "message", message(3))
        assert counts(service).waiting > 0
        state = (await ready(service))["spool"]
        assert state["waiting"] == 2
        assert state["since"] is not None
        database.execute("ROLLBACK")
    database.close()
    await drained(service)

    assert counts(service).aside == 0
    assert len(await messages_of(tenant)) == 3


@contextmanager
def no_tables_to_write_to(mortal: RealPocketBase) -> Iterator[None]:
    """As in the middle of an upgrade that goes wrong."""
    for statement in ("ALTER TABLE parts RENAME TO gone", "ALTER TABLE gone RENAME TO parts"):
        with closing(sqlite3.connect(mortal.database, timeout=60)) as database:
            database.execute(statement)
        if statement.endswith("gone"):
            yield


@contextmanager
def no_room(mortal: RealPocketBase) -> Iterator[None]:
    """No file of PocketBase's may grow."""
    assert mortal.process is not None
    pid = mortal.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1024, -1))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("broken", [no_tables_to_write_to, no_room])
async def test_a_database_that_fails_is_no_reason_to_set_a_write_aside(
    mortal: RealPocketBase,
    start: Start,
    broken: Callable[[RealPocketBase], AbstractContextManager[None]],
) -> None:
    service = await start(**SOON)
    tenant = await make_tenant(service)
    await accepted(tenant, "message", message(1))
    await drained(service)
    with broken(mortal):
        await accepted(tenant, "message", message(2))
        assert counts(service).waiting == 1
        assert mortal.process is not None
        assert mortal.process.poll() is None
    await drained(service)

    assert counts(service).aside == 0
    assert await contents_of(tenant, "2") == ["2 a", "2 b"]


async def test_a_full_spool_refuses_for_the_moment_and_drops_nothing(
    mortal: RealPocketBase, start: Start
) -> None:
    service = await start(**SOON, spool_bytes=5_000)
    tenant = await make_tenant(service)
    await accepted(tenant, "message", message(0))
    await drained(service)
    await asyncio.to_thread(mortal.kill)
    taken = 0
    while (answer := await post(tenant, "message", message(taken + 1))).status_code == 200:
        taken += 1
    assert_come_back_later(answer)
    assert taken > 1
    assert "OPENSYNC_SPOOL_BYTES" in " ".join((await ready(service))["reasons"])
    await asyncio.to_thread(mortal.start)
    await drained(service)

    assert len(await messages_of(tenant)) == 1 + taken
    await accepted(tenant, "message", message("after"))


async def test_a_stop_while_pocketbase_is_away_keeps_what_is_held(
    mortal: RealPocketBase, settings: Settings
) -> None:
    patient = settings.model_copy(update={"spool_after_seconds": 2.0})
    async with sidecar(patient) as first:
        tenant = await make_tenant(first)
        await accepted(tenant, "message", message(0))
        await drained(first)
        await asyncio.to_thread(mortal.kill)
        waiting = [
            asyncio.create_task(accepted(tenant, "message", message(n))) for n in range(1, 6)
        ]
        # Held by the writer or, where it took long, by the spool already.
        await until(lambda: len(first.context.writer._answers) + counts(first).waiting == 5)
    await asyncio.gather(*waiting)
    await asyncio.to_thread(mortal.start)
    async with sidecar(settings) as second:
        again = Tenant(tenant.record, tenant.key, tenant.key_id, second)
        await drained(second)
        assert len(await messages_of(again)) == 6
