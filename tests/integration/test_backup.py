"""Backups of a real PocketBase: made under load, checked, put back, refused."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tarfile
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sidecar.app import create_app
from sidecar.backup import encryption, snapshot
from sidecar.backup.failure import BackupFailed
from sidecar.backup.folder import Backup, BackupFolder
from sidecar.backup.restore import restore
from sidecar.cli import backup as cli
from sidecar.domain.retention import Keep, stamp
from sidecar.pocketbase import client, schema
from sidecar.resources import resource
from tests.conftest import make_tenant, settings_for
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.serving import serving
from tests.stored import accepted

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
LATER = datetime(2026, 7, 16, 12, tzinfo=UTC)
TABLES = ("sessions", "messages", "parts")

Rows = dict[str, dict[str, tuple[object, ...]]]


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[RealPocketBase]:
    """A PocketBase of its own, with the schema."""
    (tmp_path / "live").mkdir()
    process = RealPocketBase(tmp_path / "live")
    process.make_superuser()
    process.start()
    try:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            await schema.apply(superuser, schema.load(resource("pb_schema")))
        yield process
    finally:
        process.stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a small database, an upload and secrets, that nobody uses."""
    folder = tmp_path / "data"
    (folder / "pb_data" / "storage").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "pb_data" / "data.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE notes (text)")
        database.execute("INSERT INTO notes VALUES ('first')")
        database.commit()
    (folder / "pb_data" / "storage" / "picture").write_bytes(b"pixels")
    (folder / "stack.json").write_text('{"api_key": "secret"}')
    return folder


def create(
    folder: BackupFolder, data: Path, now: datetime = NOW, *, secrets: bool = False
) -> Backup:
    return folder.create(data, now, secrets=secrets, report=lambda _, __: None)


def rows_of(database: Path) -> Rows:
    with closing(sqlite3.connect(database)) as connection:
        return {
            table: {str(row[0]): row for row in connection.execute(f"SELECT id, * FROM {table}")}
            for table in TABLES
        }


def notes_of(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "pb_data" / "data.db")) as database:
        return [text for (text,) in database.execute("SELECT text FROM notes")]


def kept_beside(data: Path) -> list[Path]:
    return list(data.glob("*.before-*"))


def add_note(data: Path, text: str) -> None:
    with closing(sqlite3.connect(data / "pb_data" / "data.db")) as database:
        database.execute("INSERT INTO notes VALUES (?)", (text,))
        database.commit()


async def test_a_backup_under_load_has_every_row_acknowledged_before_it(
    live: RealPocketBase, tmp_path: Path
) -> None:
    settings = settings_for(live.url, tmp_path / "sidecar")
    folder, stop = BackupFolder(tmp_path / "backups"), asyncio.Event()
    async with serving(create_app(settings), settings) as service:
        tenant = await make_tenant(service)
        count = 0

        async def sync(name: str) -> None:
            nonlocal count
            while not stop.is_set():
                body = {
                    "sessionExternalId": name,
                    "externalId": f"{name}-{count}",
                    "role": "user",
                    "textContent": "words " * 400,
                }
                count += 1
                await accepted(tenant, "message", body)

        async def at_least(wanted: int) -> None:
            while count < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

        clients = [asyncio.create_task(sync(f"before-{n}")) for n in range(4)]
        await at_least(100)
        stop.set()
        await asyncio.gather(*clients)
        acknowledged = rows_of(live.database)
        stop.clear()
        clients = [asyncio.create_task(sync(f"during-{n}")) for n in range(4)]
        await at_least(count + 20)
        before = count
        backup = await asyncio.to_thread(create, folder, live.folder)
        during = count - before
        await at_least(count + 5)
        stop.set()
        await asyncio.gather(*clients)

    assert during > 0, "Nothing was synced while the backup was made."
    target = tmp_path / "elsewhere"
    target.mkdir()
    restore(folder, backup.path, target, NOW)
    restored = RealPocketBase(target)
    restored.start()
    try:
        async with client.connect(restored.url, EMAIL, PASSWORD) as superuser:
            await superuser.sign_in()
            assert await schema.diff(superuser, schema.load(resource("pb_schema"))) == []
        found = rows_of(restored.database)
    finally:
        restored.stop()
    assert len(acknowledged["messages"]) >= 100
    for table in TABLES:
        assert acknowledged[table].items() <= found[table].items()


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
    folder = BackupFolder(tmp_path / "backups")
    backup = await asyncio.to_thread(create, folder, live.folder)

    with pytest.raises(BackupFailed, match="Stop it"):
        restore(folder, backup.path, live.folder, LATER)

    assert kept_beside(live.folder) == []


async def test_the_command_refuses_where_an_idle_pocketbase_answers(
    live: RealPocketBase, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = create(BackupFolder(tmp_path / "backups"), data)
    monkeypatch.setenv("OPENSYNC_DATA", str(data))
    monkeypatch.setenv("OPENSYNC_POCKETBASE_URL", live.url)

    command = ["restore", "--yes", str(backup.path)]
    result = await asyncio.to_thread(CliRunner().invoke, cli.app, command)

    assert isinstance(result.exception, BackupFailed)
    assert live.url in result.exception.message
    assert kept_beside(data) == []


def test_a_restore_brings_back_what_was_and_keeps_what_is(data: Path, tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path / "backups")
    backup = create(folder, data)
    add_note(data, "second")
    (data / "index").mkdir()

    former = restore(folder, backup.path, data, LATER)

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
    folder = BackupFolder(tmp_path / "backups")
    backup = create(folder, data, secrets=True)
    add_note(data, "second")
    (data / f"stack.json.before-{stamp(LATER)}").mkdir()

    with pytest.raises(BackupFailed, match="as it was"):
        restore(folder, backup.path, data, LATER)

    assert notes_of(data) == ["first", "second"]
    assert sorted(path.name for path in data.iterdir()) == [
        "pb_data",
        "stack.json",
        f"stack.json.before-{stamp(LATER)}",
    ]


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_damaged_backup_is_refused(data: Path, tmp_path: Path, encrypted: bool) -> None:
    folder = BackupFolder(tmp_path / "backups", encryption.new_key() if encrypted else "")
    backup = create(folder, data)
    content = bytearray(backup.path.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = tmp_path / "damaged"
    for changed in (bytes(content), backup.path.read_bytes()[:-100], b"", b"no archive at all"):
        damaged.write_bytes(changed)
        with pytest.raises(BackupFailed):
            restore(folder, damaged, data, LATER)

    assert kept_beside(data) == []
    assert not list(data.glob(".backup-*"))


def test_a_file_from_elsewhere_is_not_unpacked(data: Path, tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path / "backups")
    backup = create(folder, data)
    evil = tmp_path / "evil.tar.gz"
    with tarfile.open(backup.path) as original, tarfile.open(evil, "w:gz") as changed:
        for member in original:
            content = original.extractfile(member)
            if member.name == "pb_data/storage/picture":
                member.name = "../escaped"
            changed.addfile(member, content)

    with pytest.raises(BackupFailed, match="does not name"):
        folder.verify(evil, NOW)

    assert not list(tmp_path.rglob("escaped"))


def test_an_encrypted_backup_opens_with_its_key_alone(data: Path, tmp_path: Path) -> None:
    path, key = tmp_path / "backups", encryption.new_key()
    backup = create(BackupFolder(path, key), data)

    for other, why in ((encryption.new_key(), "does not open"), ("", "is encrypted")):
        with pytest.raises(BackupFailed, match=why):
            BackupFolder(path, other).verify(backup.path, NOW)

    assert "stack.json" in BackupFolder(path, key).verify(backup.path, NOW).files
    assert b"secret" not in backup.path.read_bytes()


def test_secrets_are_in_a_plain_backup_only_when_asked_for(data: Path, tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path / "backups")

    plain, with_secrets = create(folder, data), create(folder, data, LATER, secrets=True)

    assert "stack.json" not in folder.verify(plain.path, NOW).files
    assert "stack.json" in folder.verify(with_secrets.path, NOW).files
    assert plain.path.stat().st_mode & 0o077 == 0


def test_a_folder_lists_verifies_and_prunes(data: Path, tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path / "backups")
    old, new = create(folder, data), create(folder, data, LATER)
    folder.verify(new.path, LATER)
    (folder.path / "notes.txt").write_text("not a backup")

    assert [(b.path, b.verified) for b in folder.every()] == [(new.path, LATER), (old.path, None)]
    assert folder.find("latest") == new.path
    assert folder.prune(Keep(last=1), dry_run=True) == folder.prune(Keep(last=1), dry_run=False)
    assert [backup.path for backup in folder.every()] == [new.path]
    assert (folder.path / "notes.txt").exists()
