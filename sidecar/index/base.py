"""What every vector index is and does, whatever stands behind it.

An index holds the vectors of one *space*: one model with one number of dimensions. Vectors of two
models have nothing to say to each other, so a vector of another space is refused. An index can be
built again from the database at any time; it is a copy, never the place where something is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

from sidecar.domain.space import Space
from sidecar.errors import OpenSyncError, UpstreamError

Vector = npt.NDArray[np.float32]
"""One vector, shape (dimensions,), or several, shape (n, dimensions)."""

Scope = Literal["sessions", "messages", "all"]
"""Which embeddings are searched: those of whole sessions, those of messages, or both."""

ID_LENGTH: Final = 15
MOST_CHUNKS: Final = 2**32


class VectorError(OpenSyncError):
    """Something about a vector is wrong; it is a fault of the program, not of a request."""


class WrongSpace(VectorError):
    """A vector of another model or length than those of the index."""


class BadVector(VectorError):
    """A vector without direction: empty, all zeros, or with values that are no numbers."""


class IndexUnavailable(UpstreamError):
    """What the index is kept by, another service or the disk, does not do its part."""

    status = 503
    retry_after = 2


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One embedding. `message` is empty where it stands for a whole session.

    `id` is the id of the record it comes from; `model` is the one that made `vector`, which has
    shape (dimensions,) and need not be of unit length.
    """

    id: str
    user: str
    session: str
    message: str
    chunk: int
    model: str
    vector: Vector = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """An embedding that was found. `score` is the cosine similarity, from -1 to 1."""

    id: str
    session: str
    message: str
    chunk: int
    score: float


@dataclass(frozen=True, slots=True)
class Stats:
    """How much an index holds. Bytes are 0 where another service holds them."""

    model: str
    dimensions: int
    rows: int
    users: int
    memory_bytes: int
    disk_bytes: int


class VectorIndex(Protocol):
    """The vectors of all users in one space. No call for one user reads those of another."""

    @property
    def space(self) -> Space: ...

    @property
    def watermark(self) -> str:
        """What the caller gave to the last `save`; empty when the index has to be filled anew."""

    async def upsert(self, entries: Sequence[Entry]) -> None:
        """Add entries; one whose id is held already replaces it.

        Raises WrongSpace and BadVector before anything is added.
        """

    async def remove(self, ids: Iterable[str]) -> None:
        """Remove entries by id. Unknown ids are no error."""

    async def remove_session(self, session: str) -> None: ...

    async def remove_user(self, user: str) -> None: ...

    async def search(
        self,
        user: str,
        vector: Vector,
        limit: int,
        *,
        scope: Scope = "all",
        sessions: Collection[str] | None = None,
        exclude: Collection[str] = (),
    ) -> list[Hit]:
        """Return the user's entries nearest to `vector`, best first, at most `limit`.

        `sessions` restricts the search to these sessions, `exclude` leaves sessions out.
        Raises WrongSpace and BadVector.
        """

    async def count(self, user: str) -> int:
        """Return how many entries the user has."""

    async def ids(self) -> set[str]:
        """Return the ids of all entries, to compare with the database after a time away."""

    async def stats(self) -> Stats: ...

    async def save(self, watermark: str) -> None:
        """Make everything done so far last, together with how far the caller has read."""

    async def clear(self) -> None:
        """Remove everything, the watermark too."""

    async def close(self) -> None:
        """Let go of threads, files and connections. Saves nothing."""


def check_entries(space: Space, entries: Sequence[Entry]) -> None:
    """Raise WrongSpace or VectorError unless every entry can be held by an index of `space`."""
    for entry in entries:
        if entry.model != space.model or entry.vector.shape != (space.dimensions,):
            raise WrongSpace(
                f"The embedding {entry.id} was made by {entry.model} and has the shape "
                f"{entry.vector.shape}; the index holds {space}. Embed the text anew."
            )
        if not (entry.id and entry.user and entry.session):
            raise VectorError("An embedding needs an id, a user and a session.")
        for name in (entry.id, entry.user, entry.session, entry.message):
            if len(name) > ID_LENGTH or not name.isascii() or "\0" in name:
                raise VectorError(f"{name!r} is no record id: up to 15 ASCII characters.")
        if not 0 <= entry.chunk < MOST_CHUNKS:
            raise VectorError(f"The embedding {entry.id} has the chunk number {entry.chunk}.")
