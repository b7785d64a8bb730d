"""What is held in memory about the vectors of one user: codes, and what each stands for."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sidecar.index.base import ID_LENGTH, Entry, Hit, Scope
from sidecar.index.codes import Codes, Mask, Rows
from sidecar.index.vectors import Slots, VectorFile

ROW: Final = np.dtype(
    [("id", f"S{ID_LENGTH}"), ("message", f"S{ID_LENGTH}"), ("chunk", "<u4"), ("slot", "<u4")]
)
GONE: Final = 0
SESSION: Final = 1
MESSAGE: Final = 2

_SPARE: Final = 64  # rows; a table grows by a quarter and this
_COMPACT_FROM: Final = 256  # rows gone before it is worth the work


@dataclass
class Names:
    """The sessions of a table, numbered in the order in which they came."""

    of: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, session: str) -> int:
        number = self.numbers.setdefault(session, len(self.of))
        if number == len(self.of):
            self.of.append(session)
        return number


class Table:
    """Columns with room for `capacity` rows, of which the first `count` are in use.

    `codes` has shape (words, capacity) of uint64, `kinds` (capacity,) of uint8, `sessions`
    (capacity,) of int32 and `rows` (capacity,) of ROW. Used rows never change, but for a kind that
    becomes GONE; so a reader needs no more than the table and its count at one moment.
    """

    def __init__(self, words: int, capacity: int, vectors: VectorFile, names: Names) -> None:
        self.count = 0
        self.vectors = vectors
        self.names = names
        self.codes: Codes = np.empty((words, capacity), dtype=np.uint64)
        self.kinds = np.zeros(capacity, dtype=np.uint8)
        self.sessions = np.empty(capacity, dtype=np.int32)
        self.rows: npt.NDArray[Any] = np.empty(capacity, dtype=ROW)

    @property
    def capacity(self) -> int:
        return len(self.kinds)

    @property
    def bytes(self) -> int:
        return self.codes.nbytes + self.kinds.nbytes + self.sessions.nbytes + self.rows.nbytes

    def copy(self, kept: Rows | slice, capacity: int, vectors: VectorFile, names: Names) -> Table:
        """Return a table of the rows `kept`, in their order, with room for `capacity`."""
        made = Table(len(self.codes), capacity, vectors, names)
        kinds = self.kinds[kept]
        made.count = n = len(kinds)
        made.kinds[:n] = kinds
        made.sessions[:n] = self.sessions[kept]
        made.rows[:n] = self.rows[kept]
        for target, source in zip(made.codes, self.codes, strict=True):
            target[:n] = source[kept]
        return made


@dataclass(frozen=True)
class View:
    """A table at one moment: `kinds` is a copy, shape (count,)."""

    table: Table
    kinds: npt.NDArray[np.uint8]

    def eligible(
        self, scope: Scope, sessions: Collection[str] | None, exclude: Collection[str]
    ) -> Mask:
        """Return which rows a search may look at, shape (count,)."""
        mask: Mask
        if scope == "all":
            mask = self.kinds != GONE
        else:
            mask = self.kinds == (SESSION if scope == "sessions" else MESSAGE)
        if sessions is not None:
            mask &= self._is_of(sessions)
        if exclude:
            mask &= ~self._is_of(exclude)
        return mask

    def hits(self, rows: Rows, scores: npt.NDArray[np.float32]) -> list[Hit]:
        """Return rows with their scores as hits."""
        table = self.table
        return [
            Hit(
                id=row["id"].decode(),
                session=table.names.of[table.sessions[number]],
                message=row["message"].decode(),
                chunk=int(row["chunk"]),
                score=min(1.0, max(-1.0, float(score))),  # rounding may go beyond
            )
            for number, row, score in zip(rows, table.rows[rows], scores, strict=True)
        ]

    def _is_of(self, sessions: Collection[str]) -> Mask:
        names = self.table.names
        # Sessions may be added while this runs; rows of this view do not name them.
        wanted = np.zeros(len(names.of), dtype=np.bool_)
        numbers = [names.numbers.get(session, -1) for session in sessions]
        wanted[[number for number in numbers if 0 <= number < len(wanted)]] = True
        mask: Mask = wanted[self.table.sessions[: len(self.kinds)]]
        return mask


class Tenant:
    """The rows of one user. One thread writes; searches take views."""

    def __init__(self, words: int, vectors: VectorFile) -> None:
        self._table = Table(words, _SPARE, vectors, Names())
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}  # of the rows in use, by id

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def ids(self) -> Collection[str]:
        return self._numbers.keys()

    @property
    def bytes(self) -> int:
        # About 180 bytes for an id and its row number in the two dictionaries that hold them.
        return self._table.bytes + 180 * len(self)

    def view(self) -> View:
        """Return the rows as they are now: a write is seen whole or not at all."""
        with self._lock:
            table = self._table
            return View(table, table.kinds[: table.count].copy())

    def put(self, entries: Sequence[Entry], codes: Codes, slots: Slots) -> Slots:
        """Add entries, whose ids differ, with codes of shape (words, n); replace known ids.

        Returns the slots that no row names any more.
        """
        table = self._roomy(len(entries))
        added = slice(table.count, table.count + len(entries))
        table.codes[:, added] = codes
        table.sessions[added] = [table.names.number(entry.session) for entry in entries]
        table.rows[added] = [
            (entry.id.encode(), entry.message.encode(), entry.chunk, slot)
            for entry, slot in zip(entries, slots, strict=True)
        ]
        kinds = [MESSAGE if entry.message else SESSION for entry in entries]
        gone = self._known(entry.id for entry in entries)
        with self._lock:
            table.kinds[added] = kinds
            table.kinds[gone] = GONE
            table.count = added.stop
        for number, entry in enumerate(entries, start=added.start):
            self._numbers[entry.id] = number
        return self._freed(gone)

    def remove(self, ids: Iterable[str]) -> Slots:
        """Remove rows by id; return the slots that no row names any more."""
        ids = list(ids)
        gone = self._known(ids)
        with self._lock:
            self._table.kinds[gone] = GONE
        for id in ids:
            self._numbers.pop(id, None)
        return self._freed(gone)

    def of_session(self, session: str) -> list[str]:
        """Return the ids of the session's rows."""
        table = self._table
        number = table.names.numbers.get(session)
        if number is None:
            return []
        used = slice(0, table.count)
        found = (table.sessions[used] == number) & (table.kinds[used] != GONE)
        return [id.decode() for id in table.rows["id"][used][found]]

    def fill(self, table: Table) -> None:
        """Take over a table, none of whose rows is gone."""
        ids = table.rows["id"][: table.count].astype(f"U{ID_LENGTH}").tolist()
        self._numbers = {id: number for number, id in enumerate(ids)}
        with self._lock:
            self._table = table

    def compacted(self, vectors: VectorFile | None = None, *, more: int = 0) -> Table:
        """Return the table without the rows that are gone, and with room for `more`.

        With `vectors`, the rows' vectors are copied to the end of that file.
        """
        table, names = self._table, Names()
        kept = np.flatnonzero(table.kinds[: table.count])
        made = table.copy(kept, with_room(len(kept) + more), vectors or table.vectors, names)
        used = slice(0, made.count)
        numbers, made.sessions[used] = np.unique(made.sessions[used], return_inverse=True)
        for number in numbers:
            names.number(table.names.of[number])
        if vectors is not None:
            order = np.argsort(made.rows["slot"][used])
            slots = made.rows["slot"][order]
            made.rows["slot"][order] = table.vectors.copy_to(vectors, slots)
        return made

    def tidy(self) -> None:
        """Give back memory when many rows are gone."""
        if self._is_sparse():
            self.fill(self.compacted())

    def _is_sparse(self) -> bool:
        return self._table.count - len(self) >= max(_COMPACT_FROM, len(self) // 2)

    def _roomy(self, more: int) -> Table:
        """Return the table, made larger where `more` rows would not fit."""
        table = self._table
        if self._is_sparse():
            self.fill(table := self.compacted(more=more))
        if table.count + more > table.capacity:
            capacity = with_room(table.count + more)
            used = slice(0, table.count)
            table = table.copy(used, capacity, table.vectors, table.names)
            with self._lock:
                self._table = table
        return table

    def _known(self, ids: Iterable[str]) -> Rows:
        numbers = [self._numbers[id] for id in ids if id in self._numbers]
        return np.array(numbers, dtype=np.intp)

    def _freed(self, rows: Rows) -> Slots:
        slots: Slots = self._table.rows["slot"][rows]
        return slots


def with_room(rows: int) -> int:
    """Return the capacity of a table that holds `rows` and will hold more."""
    return rows + rows // 4 + _SPARE
