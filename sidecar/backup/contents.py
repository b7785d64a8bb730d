"""What of a data folder goes into a backup, and a copy of it while it is in use."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from sidecar import __version__
from sidecar.backup import archive, snapshot
from sidecar.backup.archive import Database, Manifest
from sidecar.backup.failure import BackupFailed
from sidecar.config import STACK_FILE

DATABASES: Final = ("pb_data/data.db", "pb_data/auxiliary.db")
_UPLOADS: Final = "pb_data/storage"

Report = Callable[[str, float], None]


def collect(data: Path, into: Path, now: datetime, *, secrets: bool, report: Report) -> Manifest:
    """Copy the data folder as it is at this moment and describe the copy."""
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
        databases={name: describe(into / name) for name in databases},
        files={name: archive.describe(into / name) for name in names},
    )


def check(content: Path, manifest: Manifest) -> None:
    """Check that databases are whole and hold what the manifest says. Raises BackupFailed."""
    for name in DATABASES:
        if name in manifest.files and describe(content / name) != manifest.databases.get(name):
            raise BackupFailed(f"{name} holds other rows than were backed up. Use another backup.")
    if DATABASES[0] not in manifest.files:
        raise BackupFailed("The backup has no database in it. Use another one.")


def describe(database: Path) -> Database:
    contents = snapshot.inspect(database)
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


def require_space(data: Path, folder: Path) -> None:
    """A copy and, at worst, an archive as large as the copy are on the disk at the same time."""
    wanted = 2 * sum(path.stat().st_size for path in _sources(data))
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise BackupFailed(
            f"{folder} has {free >> 20} MB free, and a backup may take {wanted >> 20} MB. "
            "Make room, or set OPENSYNC_BACKUP_DIR to another disk."
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


def _sources(data: Path) -> Iterator[Path]:
    for name in DATABASES:
        yield from (data / "pb_data").glob(f"{Path(name).name}*")
    yield from (path for path in (data / _UPLOADS).rglob("*") if path.is_file())
