"""Continuous copies of a real PocketBase by the real Litestream, with the configuration shipped."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from sidecar.app import create_app
from sidecar.backup.backups import Backups
from sidecar.backup.failure import BackupFailed
from sidecar.backup.restore import restore
from sidecar.backup.shelf import Folder
from sidecar.pocketbase import client, schema
from sidecar.resources import resource
from tests import secrecy
from tests.backups import LATER, NOW, create
from tests.bucket import NAME, serving_bucket
from tests.conftest import make_tenant, settings_for
from tests.outages import until
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, own_pocketbase, program
from tests.processes import eventually
from tests.serving import serving
from tests.stored import accepted, transcript

SHIPPED = Path(__file__).parents[2] / "deploy" / "compose" / "litestream.yml"
PATIENCE = 120


@dataclass
class Litestream:
    """The program with the shipped configuration, on the data folder of one PocketBase."""

    live: RealPocketBase
    work: Path
    replica: dict[str, str]

    @contextmanager
    def replicating(self) -> Iterator[subprocess.Popen[bytes]]:
        file = self.work / "litestream.log"
        with file.open("ab") as log:
            command = self._command("replicate")
            process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)
            secrets = (PASSWORD, self.replica.get("LITESTREAM_SECRET_ACCESS_KEY", ""))
            secrecy.check(file.read_text(errors="replace"), secrets)

    def restore(self, target: Path) -> bool:
        """Restore what has been copied; tell whether there is something."""
        target.parent.mkdir(parents=True, exist_ok=True)
        command = self._command("restore", "-force", "-o", str(target), str(self.live.database))
        done = subprocess.run(command, env=self._environment, capture_output=True, timeout=PATIENCE)
        return done.returncode == 0

    def copied(self, wanted: set[str]) -> bool:
        """Tell whether these messages can be restored by now."""
        probe = self.work / "probe.db"
        return self.restore(probe) and wanted <= messages_in(probe)

    def _command(self, verb: str, *arguments: str) -> list[str]:
        text = SHIPPED.read_text(encoding="utf-8")
        configuration = self.work / "litestream.yml"
        configuration.write_text(text.replace("/var/lib/opensync", str(self.live.folder)))
        return [program("litestream"), verb, "-config", str(configuration), *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"}
        return inherited | self.replica


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[RealPocketBase]:
    (tmp_path / "live").mkdir()
    async with own_pocketbase(tmp_path / "live") as process:
        yield process


@pytest.fixture(params=["folder", "bucket"])
def litestream(
    request: pytest.FixtureRequest, live: RealPocketBase, tmp_path: Path
) -> Iterator[Litestream]:
    if request.param == "folder":
        url = f"file://{tmp_path / 'replica'}"
        yield Litestream(live, tmp_path, {"LITESTREAM_REPLICA_URL": url})
        return
    with serving_bucket(tmp_path / "store") as bucket:
        replica = {
            "LITESTREAM_REPLICA_URL": f"s3://{NAME}/opensync?endpoint={bucket.endpoint}"
            "&region=us-east-1&force-path-style=true",
            "LITESTREAM_ACCESS_KEY_ID": bucket.access_key_id,
            "LITESTREAM_SECRET_ACCESS_KEY": bucket.secret_access_key,
        }
        yield Litestream(live, tmp_path, replica)


def messages_in(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection, suppress(sqlite3.OperationalError):
        return {name for (name,) in connection.execute("SELECT externalId FROM messages")}
    return set()


async def test_what_was_copied_is_there_after_everything_was_killed(
    live: RealPocketBase, litestream: Litestream, tmp_path: Path
) -> None:
    # What comes after the end is kept in the spool, without waiting long.
    settings = settings_for(live.url, tmp_path / "sidecar", spool_after_seconds=1)
    stop = asyncio.Event()
    acknowledged: list[str] = []
    async with serving(create_app(settings), settings) as service:
        tenant = await make_tenant(service)

        async def sync() -> None:
            while not stop.is_set():
                message = f"message-{len(acknowledged)}"
                body = {"sessionExternalId": "s", "externalId": message, "textContent": message}
                await accepted(tenant, "message", body)
                acknowledged.append(message)

        async def kill_all_when_enough_was_copied(process: subprocess.Popen[bytes]) -> set[str]:
            await until(lambda: len(acknowledged) >= 50)
            wanted = set(acknowledged)
            await asyncio.to_thread(
                eventually, lambda: litestream.copied(wanted), "a copy", PATIENCE
            )
            process.kill()
            live.kill()
            return wanted

        writer = asyncio.create_task(sync())
        with litestream.replicating() as process:
            wanted = await kill_all_when_enough_was_copied(process)
        assert len(acknowledged) > len(wanted), "Nothing was synced while it copied."
        stop.set()
        with suppress(AssertionError, httpx.HTTPError):
            await writer

    elsewhere = RealPocketBase(tmp_path / "elsewhere")
    assert litestream.restore(elsewhere.database)
    elsewhere.start()
    try:
        async with client.connect(elsewhere.url, EMAIL, PASSWORD) as superuser:
            assert await schema.diff(superuser, schema.load(resource("pb_schema"))) == []
        settings = settings_for(elsewhere.url, tmp_path / "second sidecar")
        async with serving(create_app(settings), settings) as service:
            restored = replace(tenant, service=service)
            answer = await transcript(restored, "s")
            assert wanted <= {message["textContent"] for message in answer["messages"]}
            new = {"sessionExternalId": "s", "externalId": "new", "textContent": "new"}
            await accepted(restored, "message", new)
    finally:
        elsewhere.stop()


async def test_the_copy_follows_a_restored_backup(
    live: RealPocketBase, litestream: Litestream, tmp_path: Path
) -> None:
    backups = Backups(Folder(tmp_path / "backups"))

    async def write(*messages: str) -> None:
        settings = settings_for(live.url, tmp_path / "sidecar")
        async with serving(create_app(settings), settings) as service:
            tenant = await make_tenant(service)
            for message in messages:
                body = {"sessionExternalId": "s", "externalId": message, "textContent": message}
                await accepted(tenant, "message", body)

    async def copied(*messages: str) -> None:
        wanted = set(messages)
        await asyncio.to_thread(eventually, lambda: litestream.copied(wanted), "a copy", PATIENCE)

    with litestream.replicating():
        await write("kept")
        await copied("kept")
        backup = await asyncio.to_thread(create, backups, live.folder, NOW)
        await write("undone")
        await copied("undone")
        live.stop()
        with pytest.raises(BackupFailed, match="Litestream"):
            restore(backups, backups.find(backup.name), live.folder, LATER)

    restore(backups, backups.find(backup.name), live.folder, LATER)
    live.start()
    with litestream.replicating():
        await write("after")
        await copied("kept", "after")

    target = tmp_path / "elsewhere.db"
    assert litestream.restore(target)
    assert messages_in(target) == {"kept", "after"}
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
