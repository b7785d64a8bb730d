"""Backups of a real PocketBase: made under load, checked, put back, refused."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tarfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sidecar.app import create_app
from sidecar.backup import encryption, snapshot
from sidecar.backup.archive import Manifest
from sidecar.backup.backups import Backups, Found
from sidecar.backup.failure import BackupFailed
from sidecar.backup.restore import restore
from sidecar.backup.shelf import Folder
from sidecar.cli import backup as cli
from sidecar.domain.retention import stamp
from sidecar.pocketbase import client, schema
from sidecar.resources import resource
from tests.backups import LATER, NOW, add_note, create, make_data, notes_of
from tests.conftest import make_tenant, settings_for
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, own_pocketbase
from tests.processes import eventually
from tests.serving import serving
from tests.stored import accepted, transcript

TABLES = ("sessions", "messages", "parts")

Rows = dict[str, dict[str, tuple[object, ...]]]


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[RealPocketBase]:
    """A PocketBase of its own, with the schema."""
    (tmp_path / "live").mkdir()
    async with own_pocketbase(tmp_path / "live") as process:
        yield process


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_data(tmp_path / "data")


def kept_in(folder: Path, key: str = "") -> Backups:
    return Backups(Folder(folder), key)


def made(backups: Backups, data: Path, now: datetime = NOW, *, secrets: bool = False) -> Path:
    """Make a backup and return its file."""
    return backups.shelf.work / create(backups, data, now, secrets=secrets).name


def found(path: Path) -> Found:
    return Found(Folder(path.parent), path.name)


def rows_of(database: Path) -> Rows:
    with closing(sqlite3.connect(database)) as connection:
        return {
            table: {str(row[0]): row for row in connection.execute(f"SELECT id, * FROM {table}")}
            for table in TABLES
        }


def kept_beside(data: Path) -> list[Path]:
    return list(data.glob("*.before-*"))


async def test_a_backup_under_load_has_every_row_acknowledged_before_it(
    live: RealPocketBase, tmp_path: Path
) -> None:
    settings = settings_for(live.url, tmp_path / "sidecar")
    backups, writing = kept_in(tmp_path / "backups"), asyncio.Event()
    acknowledged: dict[str, set[str]] = {}
    async with serving(create_app(settings), settings) as service:
        tenant = await make_tenant(service)

        async def sync(session: str) -> None:
            while writing.is_set():
                message = f"{session}-{len(acknowledged[session])}"
                body = {
                    "sessionExternalId": session,
                    "externalId": message,
                    "role": "user",
                    "textContent": f"{message} " * 400,
                    "parts": [{"type": "text", "content": f"{message} " * 400}],
                }
                await accepted(tenant, "message", body)
                acknowledged[session].add(message)

        def start(*sessions: str) -> list[asyncio.Task[None]]:
            writing.set()
            acknowledged.update({session: set() for session in sessions})
            return [asyncio.create_task(sync(session)) for session in sessions]

        async def stop(clients: list[asyncio.Task[None]]) -> None:
            writing.clear()
            await asyncio.gather(*clients)

        def count() -> int:
            return sum(map(len, acknowledged.values()))

        async def at_least(wanted: int) -> None:
            while count() < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        clients = start("early-0", "early-1")
        await at_least(100)
        await stop(clients)
        rows = rows_of(live.database)
        clients = start("late-0", "late-1")
        await at_least(count() + 20)
        before = {session: set(messages) for session, messages in acknowledged.items()}
        begun = count()

        def let_clients_sync(*_: object) -> None:
            eventually(lambda: count() > begun, "something is synced while the backup is made")

        backup = await asyncio.to_thread(create, backups, live.folder, report=let_clients_sync)
        await at_least(count() + 5)
        await stop(clients)
    live.stop()

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    restore(backups, backups.find(backup.name), elsewhere, NOW)
    restored = RealPocketBase(elsewhere)
    restored.start()
    try:
        async with client.connect(restored.url, EMAIL, PASSWORD) as superuser:
            assert await schema.diff(superuser, schema.load(resource("pb_schema"))) == []
        settings = settings_for(restored.url, tmp_path / "second sidecar")
        async with serving(create_app(settings), settings) as service:
            # The key was restored, too.
            for session, messages in before.items():
                answer = await transcript(replace(tenant, service=service), session)
                texts = {message["textContent"].split()[0] for message in answer["messages"]}
                assert messages <= texts
        restored_rows = rows_of(restored.database)
    finally:
        restored.stop()
    for table in TABLES:
        assert rows[table]
        assert rows[table].items() <= restored_rows[table].items()


def test_a_copy_in_many_steps_is_of_the_moment_it_began(data: Path, tmp_path: Path) -> None:
    live, copied, steps = data / "pb_data" / "data.db", tmp_path / "copy.db", 0
    with closing(sqlite3.connect(live)) as writer:
        writer.execute("CREATE TABLE filler AS SELECT zeroblob(40000000) AS zeros")
        writer.commit()

        def write_between_steps(_: float) -> None:
            nonlocal steps
            steps += 1
            assert steps < 50, "The copy begins anew after each write."
            add_note(data, f"written at step {steps}")

        snapshot.copy(live, copied, write_between_steps)

    assert steps > 2
    with closing(sqlite3.connect(copied)) as database:
        assert database.execute("SELECT text FROM notes").fetchall() == [("first",)]


async def test_nothing_is_restored_while_pocketbase_runs(
    live: RealPocketBase, tmp_path: Path
) -> None:
    backups = kept_in(tmp_path / "backups")
    backup = await asyncio.to_thread(made, backups, live.folder)

    with pytest.raises(BackupFailed, match="Stop PocketBase"):
        restore(backups, found(backup), live.folder, LATER)

    assert kept_beside(live.folder) == []


def test_nothing_is_restored_when_the_database_was_opened_while_the_backup_was_unpacked(
    data: Path, tmp_path: Path
) -> None:
    class Slow(Backups):
        def open(self, found: Found, into: Path) -> Manifest:
            manifest = super().open(found, into)
            starting.execute("PRAGMA journal_mode=WAL")
            starting.execute("SELECT * FROM notes").fetchall()
            return manifest

    backups = Slow(Folder(tmp_path / "backups"))
    backup = made(backups, data)
    with (
        closing(sqlite3.connect(data / "pb_data" / "data.db")) as starting,
        pytest.raises(BackupFailed, match="Stop PocketBase"),
    ):
        restore(backups, found(backup), data, LATER)

    assert kept_beside(data) == []
    assert notes_of(data) == ["first"]


async def test_the_command_refuses_where_an_idle_pocketbase_answers(
    live: RealPocketBase, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = made(kept_in(tmp_path / "backups"), data)
    monkeypatch.setenv("OPENSYNC_DATA", str(data))
    monkeypatch.setenv("OPENSYNC_POCKETBASE_URL", live.url)

    command = ["restore", "--yes", str(backup)]
    result = await asyncio.to_thread(CliRunner().invoke, cli.app, command)

    assert isinstance(result.exception, BackupFailed)
    assert live.url in result.exception.message
    assert kept_beside(data) == []


def test_a_restore_brings_back_what_was_and_keeps_what_is(data: Path, tmp_path: Path) -> None:
    backups = kept_in(tmp_path / "backups")
    backup = made(backups, data)
    add_note(data, "second")
    (data / "index").mkdir()

    former = restore(backups, found(backup), data, LATER)

    assert notes_of(data) == ["first"]
    assert (data / "pb_data" / "storage" / "picture").read_bytes() == b"pixels"
    assert [path.name for path in former] == [
        f"pb_data.before-{stamp(LATER)}",
        f"index.before-{stamp(LATER)}",
    ]
    assert not (data / "index").exists(), "the index is of other data"
    shutil.rmtree(data / "pb_data")
    former[0].rename(data / "pb_data")
    assert notes_of(data) == ["first", "second"]


def test_a_restore_that_fails_half_way_is_undone(data: Path, tmp_path: Path) -> None:
    backups = kept_in(tmp_path / "backups")
    backup = made(backups, data, secrets=True)
    add_note(data, "second")
    (data / f"stack.json.before-{stamp(LATER)}").mkdir()

    with pytest.raises(BackupFailed, match="as it was"):
        restore(backups, found(backup), data, LATER)

    assert notes_of(data) == ["first", "second"]
    assert sorted(path.name for path in data.iterdir()) == [
        "pb_data",
        "stack.json",
        f"stack.json.before-{stamp(LATER)}",
    ]


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_damaged_backup_is_refused(data: Path, tmp_path: Path, encrypted: bool) -> None:
    backups = kept_in(tmp_path / "backups", encryption.new_key() if encrypted else "")
    backup = made(backups, data)
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "damaged"
    for changed in (bytes(content), backup.read_bytes()[:-100], b"", b"no archive at all"):
        damaged.write_bytes(changed)
        with pytest.raises(BackupFailed):
            restore(backups, found(damaged), data, LATER)

    assert kept_beside(data) == []
    assert not list(data.glob(".backup-*"))


def test_a_file_from_elsewhere_is_not_unpacked(data: Path, tmp_path: Path) -> None:
    backups = kept_in(tmp_path / "backups")
    backup = made(backups, data)
    evil = tmp_path / "evil.tar.gz"
    with tarfile.open(backup) as original, tarfile.open(evil, "w:gz") as changed:
        for member in original:
            content = original.extractfile(member)
            if member.name == "pb_data/storage/picture":
                member.name = "../escaped"
            changed.addfile(member, content)

    with pytest.raises(BackupFailed, match="does not name"):
        backups.verify(found(evil), NOW)

    assert not list(tmp_path.rglob("escaped"))


def test_an_encrypted_backup_opens_with_its_key_alone(data: Path, tmp_path: Path) -> None:
    path, key = tmp_path / "backups", encryption.new_key()
    backup = made(kept_in(path, key), data)

    for other, why in ((encryption.new_key(), "does not open"), ("", "is encrypted")):
        with pytest.raises(BackupFailed, match=why):
            kept_in(path, other).verify(found(backup), NOW)

    assert "stack.json" in kept_in(path, key).verify(found(backup), NOW).files
    assert b"secret" not in backup.read_bytes()


def test_secrets_are_in_a_plain_backup_only_when_asked_for(data: Path, tmp_path: Path) -> None:
    backups = kept_in(tmp_path / "backups")

    plain, with_secrets = made(backups, data), made(backups, data, LATER, secrets=True)

    assert "stack.json" not in backups.verify(found(plain), NOW).files
    assert "stack.json" in backups.verify(found(with_secrets), NOW).files
    assert plain.stat().st_mode & 0o077 == 0
