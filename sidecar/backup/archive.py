"""The file of a backup: a gzipped tar, `manifest.json` first, then each file that it names."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from sidecar.backup.failure import BackupFailed
from sidecar.config import STACK_FILE

MANIFEST: Final = "manifest.json"
TOP: Final = ("pb_data", STACK_FILE)
_CHUNK: Final = 1 << 20
_LEVEL: Final = 6
_LARGEST_MANIFEST: Final = 64 << 20


class File(BaseModel):
    model_config = ConfigDict(frozen=True)

    size: int
    sha256: str


class Database(BaseModel):
    model_config = ConfigDict(frozen=True)

    schema_sha256: str
    rows: dict[str, int]


class Manifest(BaseModel):
    """What is in a backup. `files` and `databases` are named by their paths in the data folder."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    opensync: str
    created: str
    files: dict[str, File]
    databases: dict[str, Database]


def describe(path: Path) -> File:
    with path.open("rb") as file:
        return File(
            size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest()
        )


def pack(root: Path, manifest: Manifest, target: Path, report: Callable[[float], None]) -> None:
    """Write the files below `root` that the manifest names into one archive."""
    total, done = sum(file.size for file in manifest.files.values()) or 1, 0
    with tarfile.open(target, "x:gz", compresslevel=_LEVEL) as tar:
        text = manifest.model_dump_json(indent=1).encode()
        tar.addfile(_entry(MANIFEST, len(text)), io.BytesIO(text))
        for name, file in manifest.files.items():
            with (root / name).open("rb") as content:
                tar.addfile(_entry(name, file.size), _Counted(content, done, total, report))
            done += file.size


def unpack(archive: Path, into: Path) -> Manifest:
    """Extract every file. Raises BackupFailed where one differs from the manifest."""
    damaged = "The backup is damaged or was changed: {}. Use another backup."
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _read_manifest(tar)
            missing = dict(manifest.files)
            while (member := tar.next()) is not None:
                wanted = missing.pop(member.name, None)
                if wanted is None or not member.isreg() or not _is_safe(member.name):
                    raise BackupFailed(damaged.format("it holds a file that it does not name"))
                if member.size != wanted.size or _extract(tar, member, into) != wanted.sha256:
                    raise BackupFailed(damaged.format(f"{member.name} has another checksum"))
    except (tarfile.TarError, EOFError, zlib.error) as exc:
        raise BackupFailed(damaged.format("it cannot be unpacked")) from exc
    except OSError as exc:
        # Those of gzip carry no number; those of the disk do, and are no fault of the backup.
        if exc.errno is not None:
            raise
        raise BackupFailed(damaged.format("it cannot be unpacked")) from exc
    if missing:
        raise BackupFailed(damaged.format("files are missing"))
    return manifest


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or first.size > _LARGEST_MANIFEST:
        raise BackupFailed(
            "This file is not a backup of OpenSync. `opensync backup list` shows them."
        )
    content = tar.extractfile(first)
    assert content is not None
    try:
        return Manifest.model_validate_json(content.read())
    except ValidationError as exc:
        raise BackupFailed(
            "The list of contents of this backup cannot be read. Use the version of OpenSync that "
            "made it, or another backup."
        ) from exc


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> str:
    """Write one file through to the disk and return its SHA-256."""
    source, target, digest = tar.extractfile(member), into / member.name, hashlib.sha256()
    assert source is not None
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with source, open(target, "xb", opener=_for_owner) as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.parts[0] in TOP


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Counted(io.RawIOBase):
    """A file that tells how far it was read, as a part of everything."""

    def __init__(
        self, file: BinaryIO, before: int, total: int, report: Callable[[float], None]
    ) -> None:
        self._file, self._before, self._total, self._report = file, before, total, report

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._report((self._before + self._file.tell()) / self._total)
        return data
