"""A zip file that is written from its beginning to its end, so that it can be sent meanwhile."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import IO, Final

from sidecar.domain.clock import iso
from sidecar.domain.transcript import Session
from sidecar.exporters.facts import title_of

_LONGEST: Final = 60  # characters of a title in a file's name
_UNSAFE: Final = re.compile(r"[^\w.]+|_+")
_FIRST, _LAST = 315_532_800, 4_354_819_198  # seconds: what a zip file can say, 1980 to 2107


class Archive:
    """Takes text, gives bytes: after each call, `taken` returns what is ready to be sent."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._file: IO[bytes] | None = None
        self._names = Names()

    def open(self, name: str, modified: int) -> str:
        """Begin a file; return the name it goes by, which no other file has."""
        unique = self._names.unique(name)
        seconds = min(max(modified // 1000, _FIRST), _LAST)
        moment = datetime.fromtimestamp(seconds, UTC)
        info = zipfile.ZipInfo(unique, moment.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self._file = self._zip.open(info, "w", force_zip64=True)
        return unique

    def write(self, text: str) -> None:
        assert self._file is not None
        self._file.write(text.encode())

    def close_file(self) -> None:
        assert self._file is not None
        self._file.close()
        self._file = None

    def close(self) -> None:
        self._zip.close()

    def taken(self) -> bytes:
        return self._sink.taken()


class _Sink(io.RawIOBase):
    """Somewhere to write to and not to seek in."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


class Names:
    """Names of files that differ on every file system, whatever it makes of their case."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unique(self, name: str) -> str:
        stem, dot, extension = name.rpartition(".")
        candidate, number = name, 1
        while candidate.lower() in self._used:
            number += 1
            candidate = f"{stem}-{number}{dot}{extension}"
        self._used.add(candidate.lower())
        return candidate


def file_name(session: Session, extension: str) -> str:
    """Return a name that says what is in the file and means nothing to any file system."""
    day = iso(session["createdAt"])[:10] or "undated"
    title = _UNSAFE.sub("-", title_of(session)).strip("-.")[:_LONGEST].rstrip("-.")
    return f"{day}-{title or 'session'}.{extension}"
