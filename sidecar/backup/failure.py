"""What goes wrong with backups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sidecar.errors import OpenSyncError


class BackupFailed(OpenSyncError):
    """A backup was not made, is damaged, or was not put back; the message ends with a next step."""


@contextmanager
def disk_errors_as(what: str) -> Iterator[None]:
    """Turn what the disk refuses into a sentence that begins with `what`."""
    try:
        yield
    except OSError as exc:
        raise BackupFailed(f"{what}: {exc.strerror or 'the disk refuses'}.") from exc
