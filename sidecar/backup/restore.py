"""Putting a backup back: all of it or nothing, with the former data kept beside."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from sidecar.backup import snapshot
from sidecar.backup.archive import TOP
from sidecar.backup.backups import Backups, Found
from sidecar.backup.contents import DATABASES, require_owned
from sidecar.backup.failure import BackupFailed, disk_errors_as
from sidecar.backup.scratch import scratch, write_through
from sidecar.domain.retention import stamp

# A copy of what the database held; the sidecar makes it anew.
_INDEX: Final = "index"


def restore(backups: Backups, found: Found, data: Path, now: datetime) -> list[Path]:
    """Put a backup into the data folder. Returns where the former data is now."""
    if (data / DATABASES[0]).exists():
        require_owned(data)
    _require_unused(data)
    with scratch(data) as work:
        backups.open(found, work)
        _write_through_folders(work)
        # Unpacking takes its time, in which somebody may have started it.
        _require_unused(data)
        return _swap(work, data, f".before-{stamp(now)}")


def _require_unused(data: Path) -> None:
    if any(snapshot.is_in_use(data / name) for name in DATABASES):
        raise BackupFailed(
            f"Something uses the database in {data}. Stop PocketBase, the sidecar and Litestream "
            "before a restore."
        )


def _write_through_folders(top: Path) -> None:
    with disk_errors_as(f"{top} cannot be written to"):
        for folder, _, _ in os.walk(top):
            write_through(Path(folder))


def _swap(work: Path, data: Path, suffix: str) -> list[Path]:
    former: list[Path] = []
    undo: list[Callable[[], object]] = []

    def move(source: Path, target: Path) -> None:
        if target.exists():
            raise FileExistsError(None, f"{target} is in the way", str(target))
        source.rename(target)
        undo.append(lambda: target.rename(source))

    new = [name for name in TOP if (work / name).exists()]
    try:
        for name in (*new, _INDEX):
            if (data / name).exists():
                former.append(data / f"{name}{suffix}")
                move(data / name, former[-1])
        for name in new:
            move(work / name, data / name)
        write_through(data / TOP[0])
        write_through(data)
    except BaseException as exc:
        _undo(undo, data, suffix)
        if isinstance(exc, OSError):
            raise BackupFailed(
                f"Nothing was restored, {data} is as it was: {exc.strerror or 'the disk refuses'}."
            ) from exc
        raise
    return former


def _undo(steps: list[Callable[[], object]], data: Path, suffix: str) -> None:
    try:
        for step in reversed(steps):
            step()
    except OSError as exc:
        raise BackupFailed(
            f"The restore stopped half-way. What was there is in {data}, with {suffix} at the end "
            "of its name: rename it back."
        ) from exc
