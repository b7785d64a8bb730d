"""PocketBase runs, and does not take anything."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from sidecar.pocketbase import client
from sidecar.pocketbase.client import PocketBase
from tests.faults.conftest import Extent, Judge
from tests.faults.scene import Scene

OTHER_PASSWORD = "another-password-for-tests"


async def test_pocketbase_is_stopped_for_a_while(
    scene: Scene, extent: Extent, judge: Judge
) -> None:
    await scene.settled("pocketbase")
    async with scene.disturbed():
        scene.signal(signal.SIGSTOP, "pocketbase")
        try:
            await asyncio.sleep(extent.seconds)
            assert scene.spooled()
        finally:
            scene.signal(signal.SIGCONT, "pocketbase")

    judge(await scene.outcome(f"SIGSTOP of PocketBase for {extent.seconds:.0f} s"))


async def test_the_sidecar_dies_while_it_keeps_what_pocketbase_does_not_take(
    scene: Scene, extent: Extent, judge: Judge
) -> None:
    times = 3
    await scene.settled("pocketbase")
    async with scene.disturbed():
        scene.signal(signal.SIGSTOP, "pocketbase")
        try:
            for _ in range(times):
                await scene.until(lambda: scene.spooled() > 0, "a write in the spool")
                await scene.settled("sidecar")
                scene.signal(signal.SIGKILL, "sidecar")
            await asyncio.sleep(extent.seconds / 2)
        finally:
            scene.signal(signal.SIGCONT, "pocketbase")

    outcome = await scene.outcome("SIGSTOP of PocketBase, `kill -9` of sidecar meanwhile", times)
    judge(outcome, may_refuse=True)


async def test_another_program_holds_the_database(
    scene: Scene, extent: Extent, judge: Judge
) -> None:
    await scene.settled("pocketbase")
    async with scene.disturbed():
        connection = sqlite3.connect(scene.database, timeout=60, check_same_thread=False)
        with closing(connection) as db:
            await asyncio.to_thread(db.execute, "BEGIN IMMEDIATE")
            await asyncio.sleep(extent.seconds)
            assert scene.spooled()

    judge(await scene.outcome(f"database locked for {extent.seconds:.0f} s"))


async def test_backups_are_made_one_after_the_other(
    scene: Scene, extent: Extent, judge: Judge
) -> None:
    await scene.settled("pocketbase")
    until = time.monotonic() + extent.seconds
    times = 0
    async with superuser(scene) as pocketbase, scene.disturbed():
        while times == 0 or time.monotonic() < until:
            # It lets nobody write meanwhile.
            await pocketbase.send("POST", "/api/backups", {"name": f"faults{times}.zip"})
            made = await asyncio.to_thread(scene.stack.command, "backup", "create")
            assert made.returncode == 0, made.stderr
            times += 2

    judge(await scene.outcome("backup by PocketBase, backup by `opensync`", times))


async def test_the_superusers_password_is_changed_underneath(
    scene: Scene, extent: Extent, judge: Judge
) -> None:
    await scene.settled("pocketbase")
    async with scene.disturbed():
        async with superuser(scene) as pocketbase:
            await set_password(pocketbase, scene, OTHER_PASSWORD)
        await asyncio.sleep(extent.seconds)
        assert scene.spooled()
        async with superuser(scene, OTHER_PASSWORD) as pocketbase:
            await set_password(pocketbase, scene, scene.stack.facts["pocketbase_password"])

    judge(await scene.outcome(f"superuser's password wrong for {extent.seconds:.0f} s"))


@asynccontextmanager
async def superuser(scene: Scene, password: str = "") -> AsyncIterator[PocketBase]:
    facts = scene.stack.facts
    async with client.connect(
        facts["pocketbase_url"],
        facts["pocketbase_email"],
        password or facts["pocketbase_password"],
    ) as pocketbase:
        yield pocketbase


async def set_password(pocketbase: PocketBase, scene: Scene, password: str) -> None:
    email = scene.stack.facts["pocketbase_email"]
    [record] = [r async for r in pocketbase.every("_superusers", "") if r["email"] == email]
    values = {"password": password, "passwordConfirm": password}
    await pocketbase.update("_superusers", record["id"], values)
