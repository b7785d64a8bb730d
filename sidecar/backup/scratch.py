"""A folder for work in progress, and files that are on the disk for good."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sidecar.backup.failure import BackupFailed, disk_errors_as

_SCRATCH: Final = ".backup-"


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


def write_through(path: Path) -> None:
    """Have the disk keep a file, or the names in a folder, whatever happens next."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
