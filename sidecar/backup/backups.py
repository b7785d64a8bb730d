"""Backups on a shelf: make one, list, open, verify and remove them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from sidecar.backup import archive, contents, encryption
from sidecar.backup.archive import Manifest
from sidecar.backup.contents import Report
from sidecar.backup.failure import BackupFailed, disk_errors_as
from sidecar.backup.scratch import scratch
from sidecar.backup.shelf import Folder, Shelf
from sidecar.config import Settings
from sidecar.domain import retention
from sidecar.domain.retention import Keep

_VERIFIED: Final = ".verified"


@dataclass(frozen=True)
class Backup:
    name: str
    created: datetime
    size: int
    verified: datetime | None

    @property
    def encrypted(self) -> bool:
        return self.name.endswith(retention.ENCRYPTED)


class Found(NamedTuple):
    """A backup that somebody named."""

    shelf: Shelf
    name: str


class Backups:
    """Backups on one shelf; with a key, new ones are encrypted and old ones can be opened."""

    def __init__(self, shelf: Shelf, key: str = "") -> None:
        self.shelf = shelf
        self._key = key

    def create(self, data: Path, now: datetime, *, secrets: bool, report: Report) -> Backup:
        """Back the data folder up while it is in use; `secrets` puts `stack.json` in, too."""
        contents.require_owned(data)
        name, folder = retention.name_of(now, encrypted=bool(self._key)), self.shelf.work
        with disk_errors_as(f"The backup was not made in {folder}"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            contents.require_space(data, folder)
            if name in self.shelf.sizes():
                raise BackupFailed(
                    f"{self.shelf.address(name)} exists already. Try again in a second."
                )
            with scratch(folder) as work:
                packed = self._pack(data, work, now, bool(self._key) or secrets, report)
                size = packed.stat().st_size
                report("Storing", 0)
                self.shelf.put(packed, name)
        return Backup(name, now, size, None)

    def every(self) -> list[Backup]:
        """Return the backups, newest first."""
        sizes = self.shelf.sizes()
        named = ((name, retention.time_of(name)) for name in sizes)
        found = [
            Backup(
                name, created, sizes[name], self._verified(name) if _mark(name) in sizes else None
            )
            for name, created in named
            if created is not None
        ]
        return sorted(found, key=lambda backup: backup.name, reverse=True)

    def find(self, which: str) -> Found:
        """Return the backup that is meant: a name on the shelf, a path, or `latest`."""
        names = self.shelf.sizes()
        if which == "latest":
            named = (name for name in names if retention.time_of(name) is not None)
            which = max(named, default=which)
        if which in names:
            return Found(self.shelf, which)
        path = Path(which)
        if path.is_file():
            return Found(Folder(path.resolve().parent), path.name)
        raise BackupFailed(
            f"There is no backup {which}. `opensync backup list` shows those there are."
        )

    def open(self, found: Found, into: Path) -> Manifest:
        """Unpack a backup and check every checksum, database and count of rows in it."""
        packed = found.shelf.fetch(found.name, into)
        with disk_errors_as(f"{found.name} cannot be unpacked in {into}"):
            if encryption.is_encrypted(packed):
                packed = self._decrypt(packed, into / "packed")
            manifest = archive.unpack(packed, into)
            _remove_copy(packed, into)
        contents.check(into, manifest)
        return manifest

    def verify(self, found: Found, now: datetime) -> Manifest:
        with disk_errors_as(f"{found.shelf.work} cannot be used"):
            found.shelf.work.mkdir(mode=0o700, parents=True, exist_ok=True)
        with scratch(found.shelf.work) as work:
            manifest = self.open(found, work)
        found.shelf.write(_mark(found.name), now.isoformat() + "\n")
        return manifest

    def prune(self, keep: Keep, *, dry_run: bool) -> list[Backup]:
        """Remove the backups that the rules do not keep, and return them."""
        backups = self.every()
        kept = retention.kept((backup.created for backup in backups), keep)
        superfluous = [backup for backup in backups if backup.created not in kept]
        if not dry_run:
            for backup in superfluous:
                self.shelf.remove(backup.name)
                self.shelf.remove(_mark(backup.name))
        return superfluous

    def _pack(self, data: Path, work: Path, now: datetime, secrets: bool, report: Report) -> Path:
        content, packed = work / "content", work / "packed"
        manifest = contents.collect(data, content, now, secrets=secrets, report=report)
        archive.pack(content, manifest, packed, lambda part: report("Packing", part))
        shutil.rmtree(content)
        if not self._key:
            return packed
        report("Encrypting", 0)
        encryption.encrypt(packed, work / "sealed", self._key)
        packed.unlink()
        return work / "sealed"

    def _decrypt(self, sealed: Path, packed: Path) -> Path:
        if not self._key:
            raise BackupFailed(
                "The backup is encrypted. Set OPENSYNC_BACKUP_KEY to the key it was made with."
            )
        encryption.decrypt(sealed, packed, self._key)
        _remove_copy(sealed, packed.parent)
        return packed

    def _verified(self, name: str) -> datetime | None:
        try:
            return datetime.fromisoformat(self.shelf.read(_mark(name)).strip())
        except ValueError:
            return None


def in_settings(settings: Settings) -> Backups:
    """Return the backups of the folder or the bucket in the settings."""
    folder = (settings.backup_dir or settings.data / "backups").expanduser().resolve()
    key = settings.backup_key.get_secret_value()
    if not settings.backup_bucket:
        return Backups(Folder(folder), key)
    try:
        from sidecar.backup.bucket import Access, Bucket
    except ImportError as exc:
        raise BackupFailed(
            "Backups in a bucket want the package obstore: "
            "pip install 'opensync-pocketbase[backup]'."
        ) from exc
    access = Access(
        settings.backup_endpoint,
        settings.backup_region,
        settings.backup_access_key_id,
        settings.backup_secret_access_key.get_secret_value(),
    )
    return Backups(Bucket(folder, settings.backup_bucket, access), key)


def _remove_copy(file: Path, scratch: Path) -> None:
    """Make room: a file in the scratch folder has served; elsewhere it is the backup itself."""
    if file.parent == scratch:
        file.unlink()


def _mark(name: str) -> str:
    return name + _VERIFIED
