"""The file an index starts from: codes and ids of all rows, and which vector file they belong to.

    magic · length of the head · head (JSON) · slots to wipe
    · for each user: rows, kinds, sessions, names, codes · SHA-256 of all before

It is written beside the old one, synced and renamed, after the vector file was synced; so at any
moment there is one whole snapshot and a vector file that holds at least the rows it names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from sidecar.domain.space import Space
from sidecar.index.base import ID_LENGTH
from sidecar.index.codes import Codes, words
from sidecar.index.tenant import ROW, Names, Table, View, with_room
from sidecar.index.vectors import Slots, UnusableFile, VectorFile

_MAGIC: Final = b"OSSNAP01"  # the digits change with the format
_LENGTH: Final = struct.Struct("<I")
_DIGEST: Final = hashlib.sha256().digest_size
_NAME: Final = np.dtype(f"S{ID_LENGTH}")
_SESSION: Final = np.dtype("<i4")
_SLOT: Final = np.dtype("<u4")


@dataclass(frozen=True)
class Part:
    """The rows of one user: arrays of shape (n,), codes of shape (words, n), names by number."""

    user: str
    rows: npt.NDArray[Any]
    kinds: npt.NDArray[np.uint8]
    sessions: npt.NDArray[np.int32]
    names: list[str]
    codes: Codes

    @classmethod
    def of(cls, user: str, view: View) -> Part:
        """Return the rows of a view that are not gone."""
        table = view.table
        kept = np.flatnonzero(view.kinds)
        codes = np.stack([word[kept] for word in table.codes])
        # Numbered anew, so that the name of a session that is gone is gone too.
        used, sessions = np.unique(table.sessions[kept], return_inverse=True)
        names = [table.names.of[number] for number in used]
        return cls(
            user, table.rows[kept], view.kinds[kept], sessions.astype(_SESSION), names, codes
        )

    def table(self, vectors: VectorFile) -> Table:
        """Return a table of these rows."""
        n = len(self.kinds)
        table = Table(len(self.codes), with_room(n), vectors, Names())
        for name in self.names:
            table.names.number(name)
        table.rows[:n], table.kinds[:n], table.sessions[:n] = self.rows, self.kinds, self.sessions
        table.codes[:, :n] = self.codes
        table.count = n
        return table


@dataclass(frozen=True)
class Snapshot:
    """What an index is at one moment, but for the vectors."""

    watermark: str
    generation: int
    vector_rows: int
    freed: Slots  # rows of the vector file that no row names, and that may not be wiped yet
    parts: list[Part]


def write(path: Path, space: Space, snapshot: Snapshot) -> None:
    """Put the snapshot in place of the one at `path`, wholly or not at all."""
    fresh = path.with_suffix(".tmp")
    digest = hashlib.sha256()
    with fresh.open("wb") as file:
        for piece in _pieces(space, snapshot):
            digest.update(piece)
            file.write(piece)
        file.write(digest.digest())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def read(path: Path, space: Space) -> Snapshot:
    """Read the snapshot at `path`. Raises UnusableFile, FileNotFoundError where there is none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as exc:
        raise UnusableFile(f"it cannot be read ({type(exc).__name__})") from exc
    body = memoryview(data)[:-_DIGEST]
    if len(data) < len(_MAGIC) + _LENGTH.size + _DIGEST:
        raise UnusableFile("it is cut short")
    if data[: len(_MAGIC)] != _MAGIC:
        raise UnusableFile("it is of another version, or no snapshot")
    if hashlib.sha256(body).digest() != data[-_DIGEST:]:
        raise UnusableFile("its checksum does not match")
    return _parse(body, space)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in `folder` last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot; there the rename has to do.
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _pieces(space: Space, snapshot: Snapshot) -> Iterator[bytes | memoryview]:
    head = orjson.dumps(
        {
            "model": space.model,
            "dimensions": space.dimensions,
            "watermark": snapshot.watermark,
            "generation": snapshot.generation,
            "vectorRows": snapshot.vector_rows,
            "freed": len(snapshot.freed),
            "users": [
                {"user": part.user, "rows": len(part.rows), "sessions": len(part.names)}
                for part in snapshot.parts
            ],
        }
    )
    yield _MAGIC + _LENGTH.pack(len(head)) + head
    yield snapshot.freed.astype(_SLOT).tobytes()
    for part in snapshot.parts:
        names = np.array([name.encode() for name in part.names], dtype=_NAME)
        for array in (part.rows, part.kinds, part.sessions, names, part.codes):
            yield array.tobytes()


def _parse(body: memoryview, space: Space) -> Snapshot:
    start = len(_MAGIC) + _LENGTH.size
    (length,) = _LENGTH.unpack(body[len(_MAGIC) : start])
    head = orjson.loads(body[start : start + length])
    if (head["model"], head["dimensions"]) != (space.model, space.dimensions):
        raise UnusableFile(f"it holds vectors of {Space(head['model'], head['dimensions'])}")
    arrays = _Arrays(body, start + length)
    freed = arrays.take(_SLOT, head["freed"]).copy()  # a view would keep all of `body` alive
    parts = []
    for user in head["users"]:
        n = user["rows"]
        rows, kinds, sessions = arrays.take(ROW, n), arrays.take("u1", n), arrays.take(_SESSION, n)
        names = arrays.take(_NAME, user["sessions"]).astype(f"U{ID_LENGTH}").tolist()
        width = words(space.dimensions)
        codes = arrays.take("<u8", width * n).reshape(width, n)
        parts.append(Part(user["user"], rows, kinds, sessions, names, codes))
    return Snapshot(head["watermark"], head["generation"], head["vectorRows"], freed, parts)


class _Arrays:
    """Takes arrays from bytes, one after the other, without a copy."""

    def __init__(self, data: memoryview, offset: int) -> None:
        self._data = data
        self._offset = offset

    def take(self, dtype: npt.DTypeLike, count: int) -> npt.NDArray[Any]:
        array = np.frombuffer(self._data, dtype=dtype, count=count, offset=self._offset)
        self._offset += array.nbytes
        return array
