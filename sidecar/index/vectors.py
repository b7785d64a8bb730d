"""The file of full vectors: rows of float16, written at the end, read where a search asks.

A row is written once and never written over while a search or a snapshot may name it, so reading
takes no lock. Rows no longer named are wiped after the snapshot that leaves them out, and given
back when the file is written anew under the next generation number.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from sidecar.domain.space import Space
from sidecar.index.base import Vector
from sidecar.index.codec import HALF, Half, widen

Slots = npt.NDArray[np.uint32]
"""Row numbers in the file, shape (n,)."""

_MAGIC: Final = b"OSVECT01"
_HEADER: Final = struct.Struct("<8sII64s")  # magic, generation, dimensions, key of the space
_OFFSET: Final = 4_096  # where rows start: whole pages, whatever the header grows to
_SPARE_ROWS: Final = 1_024
_ROWS_A_READ: Final = 32


class UnusableFile(Exception):
    """A file of the index is not what it should be; the message says in what way."""


class VectorFile:
    """Rows of shape (dimensions,). One thread writes; any number read."""

    def __init__(self, path: Path, space: Space, generation: int, rows: int) -> None:
        self.path = path
        self.generation = generation
        self.rows = rows
        self._dimensions = space.dimensions
        self._bytes = space.dimensions * HALF.itemsize
        self._file = path.open("r+b", buffering=0)
        self._mapped = np.empty((0, space.dimensions), dtype=HALF)
        self._map(rows)

    @classmethod
    def create(cls, path: Path, space: Space, generation: int) -> VectorFile:
        """Make an empty file, in place of one that may be there."""
        path.unlink(missing_ok=True)
        header = _HEADER.pack(_MAGIC, generation, space.dimensions, _key(space))
        path.write_bytes(header.ljust(_OFFSET, b"\0"))
        return cls(path, space, generation, 0)

    @classmethod
    def open(cls, path: Path, space: Space, generation: int, rows: int) -> VectorFile:
        """Open the file that a snapshot names, and forget what was written after it.

        Raises UnusableFile.
        """
        try:
            with path.open("rb") as file:
                head = file.read(_HEADER.size)
            size = path.stat().st_size
        except OSError as exc:
            raise UnusableFile(f"{path.name} cannot be read ({type(exc).__name__})") from exc
        if head != _HEADER.pack(_MAGIC, generation, space.dimensions, _key(space)):
            raise UnusableFile(f"{path.name} belongs to another snapshot")
        end = _OFFSET + rows * space.dimensions * HALF.itemsize
        if size < end:
            raise UnusableFile(f"{path.name} has {size} bytes where {end} are needed")
        os.truncate(path, end)
        return cls(path, space, generation, rows)

    @property
    def disk_bytes(self) -> int:
        return _OFFSET + self.rows * self._bytes

    def append(self, half: Half) -> Slots:
        """Write vectors, shape (n, dimensions), and return where they stand."""
        first, end = self.rows, self.rows + len(half)
        self._write(_OFFSET + first * self._bytes, np.ascontiguousarray(half).tobytes())
        if end > len(self._mapped):
            self._map(end)
        self.rows = end
        return np.arange(first, end, dtype=np.uint32)

    def read(self, slots: Slots) -> Vector:
        """Return the vectors at `slots`, which ascend, as shape (n, dimensions) of float32."""
        return np.concatenate([np.empty((0, self._dimensions), np.float32), *self._read(slots)])

    def scores(self, slots: Slots, query: Vector) -> Vector:
        """Return the products of the vectors at `slots`, which ascend, with `query`: shape (n,)."""
        # One product a row and no BLAS threads, which wait for each other on a busy machine.
        products = [np.vecdot(some, query) for some in self._read(slots)]
        return np.concatenate([np.empty(0, np.float32), *products])

    def _read(self, slots: Slots) -> Iterator[Vector]:
        mapped, mapping = self._mapped, self._mapping
        half = np.empty((_ROWS_A_READ, self._dimensions), dtype=HALF)
        for start in range(0, len(slots), _ROWS_A_READ):
            some = slots[start : start + _ROWS_A_READ]
            # Without `clip`, NumPy would read into a buffer and copy once more.
            np.take(mapped, some, axis=0, out=half[: len(some)], mode="clip")
            # One touch can map 2 MB of the page cache into this process. What was read is
            # unmapped again, or the whole file would soon count as memory of the process.
            _unmap(mapping)
            yield widen(half[: len(some)])

    def copy_to(self, other: VectorFile, slots: Slots) -> Slots:
        """Append the rows at `slots` to another file and return where they stand there."""
        written = np.empty(len(slots), dtype=np.uint32)
        for start in range(0, len(slots), _SPARE_ROWS):
            step = slice(start, start + _SPARE_ROWS)
            written[step] = other.append(self._mapped[slots[step]])
            _unmap(self._mapping)
        return written

    def wipe(self, slots: Slots) -> None:
        """Overwrite rows with zeros: what was removed is not kept."""
        for run in np.split(slots, np.flatnonzero(np.diff(slots) != 1) + 1):
            if len(run):
                self._write(_OFFSET + int(run[0]) * self._bytes, bytes(len(run) * self._bytes))

    def sync(self) -> None:
        """Return when everything written is on the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file. Searches that still run keep their mapping until they end."""
        self._file.close()

    def _write(self, offset: int, data: bytes) -> None:
        self._file.seek(offset)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]

    def _map(self, rows: int) -> None:
        # Beyond the end of the file a mapping must not be read, so the file grows first; it is
        # sparse there and takes no room. Growing in steps keeps mappings few.
        capacity = rows + rows // 4 + _SPARE_ROWS
        size = _OFFSET + capacity * self._bytes
        self._file.truncate(size)
        self._mapping = mmap.mmap(self._file.fileno(), size, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_RANDOM"):
            self._mapping.madvise(mmap.MADV_RANDOM)
        self._mapped = np.frombuffer(self._mapping, dtype=HALF, offset=_OFFSET).reshape(
            capacity, self._dimensions
        )


def _key(space: Space) -> bytes:
    return space.key.encode()[-64:]


def _unmap(mapping: mmap.mmap) -> None:
    if hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)
