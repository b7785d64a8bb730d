"""The folder of backups: make one, list, verify and remove them."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sidecar import __version__
from sidecar.backup import archive, encryption, snapshot
from sidecar.backup.archive import Database, Manifest
from sidecar.backup.failure import BackupFailed, disk_errors_as
from sidecar.config import STACK_FILE
from sidecar.domain import retention
from sidecar.domain.retention import Keep

DATABASES: Final = ("pb_data/data.db", "pb_data/auxiliary.db")
_UPLOADS: Final = "pb_data/storage"
_SCRATCH: Final = ".backup-"
_VERIFIED: Final = ".verified"

Report = Callable[[str, float], None]


@dataclass(frozen=True)
class Backup:
    path: Path
    created: datetime
    size: int
    verified: datetime | None

    @property
    def encrypted(self) -> bool:
        return self.path.suffix == retention.ENCRYPTED


class BackupFolder:
    """Backups in one folder; with a key, new ones are encrypted and old ones can be opened."""

    def __init__(self, path: Path, key: str = "") -> None:
        self.path = path
        self._key = key

    def create(self, data: Path, now: datetime, *, secrets: bool, report: Report) -> Backup:
        """Back the data folder up while it is in use; `secrets` puts `stack.json` in, too."""
        require_owned(data)
        target = self.path / retention.name_of(now, encrypted=bool(self._key))
        with disk_errors_as(f"The backup was not made in {self.path}"):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _require_space(data, self.path)
            if target.exists():
                raise BackupFailed(f"{target} exists already. Try again in a second.")
            with scratch(self.path) as work:
                content, packed = work / "content", work / "packed"
                manifest = _collect(data, content, now, bool(self._key) or secrets, report)
                archive.pack(content, manifest, packed, lambda part: report("Packing", part))
                shutil.rmtree(content)
                if self._key:
                    report("Encrypting", 0)
                    encryption.encrypt(packed, work / "sealed", self._key)
                    packed = work / "sealed"
                write_through(packed)
                packed.chmod(0o600)
                packed.rename(target)
            write_through(self.path)
        return self._backup(target, now)

    def every(self) -> list[Backup]:
        """Return the backups, newest first."""
        if not self.path.is_dir():
            return []
        named = ((path, retention.time_of(path.name)) for path in self.path.iterdir())
        found = [self._backup(path, when) for path, when in named if when is not None]
        return sorted(found, key=lambda backup: backup.path.name, reverse=True)

    def find(self, name: str) -> Path:
        """Return the file of a backup: a name in the folder, a path, or `latest`."""
        if name == "latest" and (backups := self.every()):
            return backups[0].path
        for path in (self.path / name, Path(name)):
            if path.is_file():
                return path.resolve()
        raise BackupFailed(
            f"There is no backup {name}. `opensync backup list` shows those there are."
        )

    def open(self, path: Path, into: Path) -> Manifest:
        """Unpack a backup and check every checksum, database and count of rows in it."""
        packed = path
        with disk_errors_as(f"{path.name} cannot be unpacked in {into}"):
            if encryption.is_encrypted(path):
                if not self._key:
                    raise BackupFailed(
                        f"{path.name} is encrypted. Set OPENSYNC_BACKUP_KEY to the key it was made "
                        "with."
                    )
                packed = into / "packed"
                encryption.decrypt(path, packed, self._key)
            manifest = archive.unpack(packed, into)
            if packed != path:
                packed.unlink()
        for name in DATABASES:
            if name in manifest.files and _database(into / name) != manifest.databases.get(name):
                raise BackupFailed(
                    f"{name} holds other rows than were backed up. Use another backup."
                )
        if DATABASES[0] not in manifest.files:
            raise BackupFailed("The backup has no database in it. Use another one.")
        return manifest

    def verify(self, path: Path, now: datetime) -> Manifest:
        with scratch(path.parent) as work:
            manifest = self.open(path, work)
        mark = _mark(path)
        with disk_errors_as(f"{mark} cannot be written"):
            mark.write_text(now.isoformat() + "\n", encoding="utf-8")
        return manifest

    def prune(self, keep: Keep, *, dry_run: bool) -> list[Backup]:
        """Remove the backups that the rules do not keep, and return them."""
        backups = self.every()
        kept = retention.kept((backup.created for backup in backups), keep)
        superfluous = [backup for backup in backups if backup.created not in kept]
        if not dry_run:
            for backup in superfluous:
                with disk_errors_as(f"{backup.path} cannot be removed"):
                    backup.path.unlink(missing_ok=True)
                    _mark(backup.path).unlink(missing_ok=True)
        return superfluous

    def _backup(self, path: Path, created: datetime) -> Backup:
        return Backup(path, created, path.stat().st_size, _verified(path))


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Lend a folder for work in progress. One at a time; what a crash left there is removed."""
    with disk_errors_as(f"{folder} cannot be used"):
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise BackupFailed(
                f"Another backup command works in {folder}. Try again when it is done."
            ) from exc
        for left in folder.glob(f"{_SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)
        with disk_errors_as(f"{folder} cannot be written to"):
            work = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
    finally:
        os.close(descriptor)


def _collect(data: Path, into: Path, now: datetime, secrets: bool, report: Report) -> Manifest:
    (into / "pb_data").mkdir(parents=True)
    databases = [name for name in DATABASES if (data / name).is_file()]
    for name in databases:
        snapshot.copy(data / name, into / name, lambda part, n=name: report(f"Copying {n}", part))  # type: ignore[misc]
    # After the database: what it refers to has been uploaded by then.
    names = [*databases, *_copy_uploads(data, into)]
    if secrets and (data / STACK_FILE).is_file():
        shutil.copyfile(data / STACK_FILE, into / STACK_FILE)
        names.append(STACK_FILE)
    report("Checking", 0)
    return Manifest(
        opensync=__version__,
        created=now.isoformat(),
        databases={name: _database(into / name) for name in databases},
        files={name: archive.describe(into / name) for name in names},
    )


def _copy_uploads(data: Path, into: Path) -> Iterator[str]:
    for path in sorted((data / _UPLOADS).rglob("*")):
        name = path.relative_to(data).as_posix()
        if path.is_file() and not path.is_symlink():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, into / name)
            except FileNotFoundError:  # Deleted meanwhile.
                continue
            yield name


def _database(path: Path) -> Database:
    contents = snapshot.inspect(path)
    return Database(schema_sha256=contents.schema, rows=contents.rows)


def require_owned(data: Path) -> None:
    database = data / DATABASES[0]
    if not database.is_file():
        raise BackupFailed(
            f"There is no database {database}. Set OPENSYNC_DATA to the data folder."
        )
    # SQLite makes files beside the database, which PocketBase must be able to write.
    if database.stat().st_uid != os.geteuid():
        raise BackupFailed(
            f"{database} belongs to another user. Run the command as that user, such as with "
            "`sudo -u opensync`."
        )


def _require_space(data: Path, folder: Path) -> None:
    """A copy and, at worst, an archive as large as the copy are on the disk at the same time."""
    wanted = 2 * sum(path.stat().st_size for path in _sources(data))
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise BackupFailed(
            f"{folder} has {free >> 20} MB free, and a backup may take {wanted >> 20} MB. "
            "Make room, or set OPENSYNC_BACKUP_DIR to another disk."
        )


def _sources(data: Path) -> Iterator[Path]:
    for name in DATABASES:
        yield from (data / "pb_data").glob(f"{Path(name).name}*")
    yield from (path for path in (data / _UPLOADS).rglob("*") if path.is_file())


def _mark(path: Path) -> Path:
    return path.with_name(path.name + _VERIFIED)


def _verified(path: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(_mark(path).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None


def write_through(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
