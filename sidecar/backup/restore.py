"""Putting a backup back: all of it or nothing, with the former data kept beside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from sidecar.backup import snapshot
from sidecar.backup.archive import TOP
from sidecar.backup.failure import BackupFailed
from sidecar.backup.folder import DATABASES, BackupFolder, require_owned, scratch, write_through
from sidecar.domain.retention import stamp

# A copy of what the database held; the sidecar makes it anew.
_INDEX: Final = "index"


def restore(folder: BackupFolder, path: Path, data: Path, now: datetime) -> list[Path]:
    """Put a backup into the data folder. Returns where the former data is now."""
    if (data / DATABASES[0]).exists():
        require_owned(data)
    if any(snapshot.is_in_use(data / name) for name in DATABASES):
        raise BackupFailed(
            f"PocketBase runs on {data}. Stop it, and the sidecar, before a restore."
        )
    with scratch(data) as work:
        folder.open(path, work)
        return _swap(work, data, f".before-{stamp(now)}")


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
        for step in reversed(undo):
            step()
        if isinstance(exc, OSError):
            raise BackupFailed(
                f"Nothing was restored, {data} is as it was: {exc.strerror or 'the disk refuses'}."
            ) from exc
        raise
    return former
