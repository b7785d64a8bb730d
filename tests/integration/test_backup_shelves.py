"""Where backups lie: a folder, and a bucket of a real S3 server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sidecar.backup import encryption, record
from sidecar.backup.backups import Backups
from sidecar.backup.bucket import Access, Bucket
from sidecar.backup.failure import BackupFailed
from sidecar.backup.restore import restore
from sidecar.backup.shelf import Folder, Shelf
from sidecar.cli import backup as cli
from sidecar.domain.retention import Keep
from tests.backups import LATER, NOW, add_note, create, make_data, notes_of
from tests.bucket import NAME, RealBucket, serving_bucket
from tests.pocketbase import free_port


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBucket]:
    with serving_bucket(tmp_path_factory.mktemp("s3") / "store") as running:
        yield running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_data(tmp_path / "data")


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, bucket: RealBucket, tmp_path: Path) -> Shelf:
    if request.param == "folder":
        return Folder(tmp_path / "backups")
    return in_bucket(bucket, tmp_path)


def in_bucket(
    bucket: RealBucket, tmp_path: Path, *, secret: str = "", endpoint: str = "", name: str = NAME
) -> Bucket:
    """Return a folder in the bucket that no other test uses."""
    access = Access(
        endpoint or bucket.endpoint,
        "us-east-1",
        bucket.access_key_id,
        secret or bucket.secret_access_key,
    )
    place = f"{name}/{tmp_path.name}/server-1" if name else ""
    return Bucket(tmp_path / "work", place, access)


def test_backups_are_listed_verified_and_pruned(shelf: Shelf, data: Path) -> None:
    backups = Backups(shelf)
    assert backups.every() == []
    old, new = create(backups, data), create(backups, data, LATER)
    backups.verify(backups.find("latest"), LATER)
    shelf.write("notes.txt", "not a backup")

    assert [(b.name, b.verified) for b in backups.every()] == [(new.name, LATER), (old.name, None)]
    assert [b.size for b in backups.every()] == [new.size, old.size]
    keep = Keep(last=1)
    assert [b.name for b in backups.prune(keep, dry_run=True)] == [old.name]
    assert [b.name for b in backups.prune(keep, dry_run=False)] == [old.name]
    assert [b.name for b in backups.every()] == [new.name]
    assert shelf.read("notes.txt") == "not a backup"


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_large_backup_comes_back_as_it_went(
    shelf: Shelf, data: Path, tmp_path: Path, encrypted: bool
) -> None:
    # Larger than one part of an upload, and nothing that could be packed smaller.
    upload = data / "pb_data" / "storage" / "large"
    upload.write_bytes(os.urandom(20_000_000))
    backups = Backups(shelf, encryption.new_key() if encrypted else "")
    backup = create(backups, data)
    assert backup.size > 20_000_000

    target = tmp_path / "elsewhere"
    target.mkdir()
    restore(backups, backups.find(backup.name), target, LATER)

    assert notes_of(target) == ["first"]
    assert (target / "pb_data" / "storage" / "large").read_bytes() == upload.read_bytes()
    assert [path.name for path in target.iterdir() if path.name.startswith(".")] == []
    assert [path for path in shelf.work.iterdir() if path.name.startswith(".")] == []


def test_a_backup_that_was_changed_in_the_bucket_is_refused(
    bucket: RealBucket, data: Path, tmp_path: Path
) -> None:
    shelf = in_bucket(bucket, tmp_path)
    backups = Backups(shelf)
    backup = create(backups, data)
    stored = bucket.objects / tmp_path.name / "server-1" / backup.name
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)

    with pytest.raises(BackupFailed, match="damaged"):
        restore(backups, backups.find("latest"), data, LATER)

    assert notes_of(data) == ["first"]
    assert not list(data.glob("*.before-*"))


def test_a_folder_of_the_bucket_is_not_another_servers(
    bucket: RealBucket, data: Path, tmp_path: Path
) -> None:
    ours = Backups(in_bucket(bucket, tmp_path))
    create(ours, data)
    access = Access(bucket.endpoint, "us-east-1", bucket.access_key_id, bucket.secret_access_key)

    above = Backups(Bucket(tmp_path / "work", f"{NAME}/{tmp_path.name}", access))
    beside = Backups(Bucket(tmp_path / "work", f"{NAME}/{tmp_path.name}/server-10", access))

    assert above.every() == beside.every() == []
    assert len(ours.every()) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"secret": "another-secret"}, "SECRET_ACCESS_KEY|_ENDPOINT"),
        ({"name": "no-such-bucket"}, "OPENSYNC_BACKUP_BUCKET"),
        ({"endpoint": f"http://127.0.0.1:{free_port()}"}, "_ENDPOINT"),
    ],
)
def test_a_store_that_refuses_is_named_with_the_settings_and_no_secret(
    bucket: RealBucket, data: Path, tmp_path: Path, wrong: dict[str, str], says: str
) -> None:
    backups = Backups(in_bucket(bucket, tmp_path, **wrong))

    for attempt in (backups.every, lambda: create(backups, data)):
        with pytest.raises(BackupFailed, match=says) as refused:
            attempt()
        for secret in (bucket.secret_access_key, "another-secret", bucket.access_key_id):
            assert secret not in refused.value.message


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"endpoint": "s3.example.org"}, "OPENSYNC_BACKUP_ENDPOINT"),
        ({"endpoint": "ftp://s3.example.org"}, "OPENSYNC_BACKUP_ENDPOINT"),
        ({"endpoint": "https://"}, "OPENSYNC_BACKUP_ENDPOINT"),
        ({"endpoint": "http://a b"}, "OPENSYNC_BACKUP_ENDPOINT"),
        ({"endpoint": "https://host:99999"}, "OPENSYNC_BACKUP_ENDPOINT"),
        ({"name": "s3://backups"}, "OPENSYNC_BACKUP_BUCKET"),
        ({"name": "a bucket"}, "OPENSYNC_BACKUP_BUCKET"),
        ({"name": ""}, "OPENSYNC_BACKUP_BUCKET"),
    ],
)
def test_what_is_no_address_or_no_bucket_is_refused(
    bucket: RealBucket, tmp_path: Path, wrong: dict[str, str], says: str
) -> None:
    with pytest.raises(BackupFailed, match=says):
        in_bucket(bucket, tmp_path, **wrong)


# The commands, set up by variables as on a server.


@pytest.fixture
def environment(
    bucket: RealBucket, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "opensync_backup_secret_access_key").write_text(bucket.secret_access_key + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    for name, value in {
        "DATA": str(data),
        "BACKUP_BUCKET": f"{NAME}/{tmp_path.name}",
        "BACKUP_ENDPOINT": bucket.endpoint,
        "BACKUP_ACCESS_KEY_ID": bucket.access_key_id,
        "BACKUP_KEEP_DAILY": "0",
        "BACKUP_KEEP_WEEKLY": "0",
        "BACKUP_KEEP_LAST": "1",
        "SIDECAR_PORT": str(free_port()),
        "POCKETBASE_URL": f"http://127.0.0.1:{free_port()}",
    }.items():
        monkeypatch.setenv(f"OPENSYNC_{name}", value)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments)


@pytest.mark.usefixtures("environment")
def test_the_commands_work_on_a_bucket(data: Path, bucket: RealBucket, tmp_path: Path) -> None:
    shelf = Bucket(
        tmp_path / "work",
        f"{NAME}/{tmp_path.name}",
        Access(bucket.endpoint, "us-east-1", bucket.access_key_id, bucket.secret_access_key),
    )
    create(Backups(shelf), data, NOW - timedelta(days=900))

    made = run("create", "--prune")
    assert made.exit_code == 0, made.output
    add_note(data, "second")
    listed = json.loads(run("list", "--json").stdout)
    verified, restored = run("verify"), run("restore", "--yes", "latest")

    assert [backup["verified"] for backup in listed["backups"]] == [None]
    assert listed["last"]["success"]["name"] == listed["backups"][0]["name"]
    assert "is whole" in verified.output
    assert restored.exit_code == 0, restored.output
    assert notes_of(data) == ["first"]


@pytest.mark.usefixtures("environment")
def test_a_failure_is_told_by_the_list_until_a_backup_is_made(
    data: Path, bucket: RealBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as wrong:
        wrong.setenv("OPENSYNC_BACKUP_SECRET_ACCESS_KEY", "another-secret")
        assert isinstance(run("create").exception, BackupFailed)

    failed = run("list").output
    assert "failed: The bucket" in failed.replace("\n", " ")
    assert bucket.secret_access_key not in failed
    assert run("create").exit_code == 0
    assert "failed" not in run("list").output
    assert record.read(data).failure is None
