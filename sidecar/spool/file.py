"""The spool's file: writes that were accepted and that PocketBase has not taken yet.

Everything here blocks. One process keeps it open (`spool.py`); the command line opens it beside.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.domain.keys import ApiKey
from sidecar.domain.writes import Write

NAME: Final = "spool.db"
DAMAGED: Final = "damaged-"
_VERSION: Final = 1
_READ_ROWS: Final = 1_000
_SHRINK_FROM: Final = 256  # free pages
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

# What is counted often stands in indexes, so that counting reads no texts.
_SCHEMA: Final = """
CREATE TABLE spool (id TEXT NOT NULL, starts INTEGER NOT NULL);
CREATE TABLE keys (
  hash TEXT PRIMARY KEY, id TEXT NOT NULL, user TEXT NOT NULL, expiresAt INTEGER NOT NULL
);
CREATE TABLE writes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  reason TEXT,
  asideAt INTEGER,
  user TEXT NOT NULL,
  key TEXT,
  replaces TEXT NOT NULL,
  sessions BLOB NOT NULL,
  messages BLOB NOT NULL,
  parts BLOB NOT NULL
);
CREATE INDEX waiting ON writes (id, at, size) WHERE reason IS NULL;
CREATE INDEX aside ON writes (id, size) WHERE reason IS NOT NULL;
"""


@dataclass(frozen=True)
class Counts:
    """What is in the file. `since` is when the oldest write that waits was accepted, Unix ms."""

    waiting: int = 0
    bytes: int = 0
    since: int | None = None
    aside: int = 0
    aside_bytes: int = 0

    def shown(self) -> dict[str, int | None]:
        """Return them as the API and the command line name them."""
        return {
            "waiting": self.waiting,
            "bytes": self.bytes,
            "since": self.since,
            "setAside": self.aside,
            "setAsideBytes": self.aside_bytes,
        }


@dataclass(frozen=True)
class Kept:
    """A write in the file; a smaller id came earlier."""

    id: int
    write: Write


@dataclass(frozen=True)
class Aside:
    """A write that was set aside. `sessions` and `messages` are ids of records."""

    id: int
    at: int
    aside_at: int
    reason: str
    size: int
    user: str
    key: str | None
    sessions: list[str]
    messages: list[str]


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether the file itself is at fault, and not what it lies on."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def damaged_in(folder: Path) -> list[str]:
    """Return the names of files that could not be read and were put aside."""
    return sorted(path.name for path in folder.glob(f"{DAMAGED}*.db"))


class SpoolFile:
    """An open file. Methods raise sqlite3.Error; each that changes something is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open the file; one that does not exist is made."""
        # SQLite gives its further files the mode of this one.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        # Not a write-ahead log: it takes the room twice, and on a disk that it has filled nothing
        # can be removed any more. Removing must need next to no room.
        self._db.execute("PRAGMA journal_mode = PERSIST")
        self._db.execute("PRAGMA journal_size_limit = 1048576")
        self._db.execute("PRAGMA secure_delete = OFF")
        self._db.execute("PRAGMA synchronous = FULL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise sqlite3.NotSupportedError("a newer version wrote this file")
        if version == 0:
            with self._transaction():
                for statement in _SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO spool VALUES (?, 0)", (uuid.uuid4().hex,))
                self._db.execute("PRAGMA user_version = 1")

    def close(self) -> None:
        self._db.close()

    def check(self) -> None:
        """Raise sqlite3.DatabaseError where the file is damaged."""
        found = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            error = sqlite3.DatabaseError("damaged")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error

    def started(self) -> tuple[str, int]:
        """Count a start. Return the id of the file, and the number of the start."""
        with self._transaction():
            self._db.execute("UPDATE spool SET starts = starts + 1")
            id, starts = self._db.execute("SELECT id, starts FROM spool").fetchone()
        return id, starts

    # Writes.

    def append(self, writes: Iterable[Write], at: int) -> None:
        rows = [
            (
                at,
                write.size,
                write.user,
                write.key,
                json.dumps(sorted(write.replaces)),
                write.sessions,
                write.messages,
                write.parts,
            )
            for write in writes
        ]
        with self._transaction():
            self._db.executemany(
                "INSERT INTO writes (at, size, user, key, replaces, sessions, messages, parts)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def oldest(self, most: int) -> list[Kept]:
        """Return the first writes that wait, at least one if there is any, about `most` bytes."""
        rows = self._db.execute(
            "SELECT id, user, key, replaces, sessions, messages, parts FROM writes"
            " WHERE reason IS NULL ORDER BY id LIMIT ?",
            (_READ_ROWS,),
        )
        found: list[Kept] = []
        size = 0
        for id, user, key, replaces, sessions, messages, parts in rows:
            replaced = frozenset(json.loads(replaces))
            write = Write(user, key, sessions, messages, parts, replaced)
            found.append(Kept(id, write))
            size += write.size
            if size >= most:
                break
        rows.close()
        return found

    def settle(
        self, stored: Iterable[int], aside: Iterable[tuple[int, str]], at: int
    ) -> tuple[int, int]:
        """Remove what was stored, and set aside what was refused, with the reason.

        Return how many of each there were: a user may have been deleted meanwhile.
        """
        delete = "DELETE FROM writes WHERE id = ?"
        update = "UPDATE writes SET reason = ?, asideAt = ? WHERE id = ?"
        with self._transaction():
            return (
                sum(self._db.execute(delete, (id,)).rowcount for id in stored),
                sum(self._db.execute(update, (why, at, id)).rowcount for id, why in aside),
            )

    def forget_user(self, user: str) -> int:
        """Remove every write of a user who was deleted; return how many there were."""
        with self._transaction():
            return self._db.execute("DELETE FROM writes WHERE user = ?", (user,)).rowcount

    def aside(self) -> list[Aside]:
        """Return what was set aside, the oldest first."""
        rows = self._db.execute(
            "SELECT id, at, asideAt, reason, size, user, key, sessions, messages FROM writes"
            " WHERE reason IS NOT NULL ORDER BY id"
        )
        return [
            Aside(id, at, aside_at, reason, size, user, key, _ids(sessions), _ids(messages))
            for id, at, aside_at, reason, size, user, key, sessions, messages in rows
        ]

    def retry(self, ids: Sequence[int] | None) -> int:
        """Let writes that were set aside wait again, all or those named; return how many."""
        return self._each(
            "UPDATE writes SET reason = NULL, asideAt = NULL"
            " WHERE reason IS NOT NULL AND (?1 IS NULL OR id = ?1)",
            ids,
        )

    def discard(self, ids: Sequence[int] | None) -> int:
        """Delete writes that were set aside, all or those named; return how many."""
        return self._each(
            "DELETE FROM writes WHERE reason IS NOT NULL AND (?1 IS NULL OR id = ?1)", ids
        )

    def counts(self) -> Counts:
        waiting, bytes = self._sums("SELECT count(*), sum(size) FROM writes WHERE reason IS NULL")
        aside, aside_bytes = self._sums(
            "SELECT count(*), sum(size) FROM writes WHERE reason IS NOT NULL"
        )
        return Counts(waiting, bytes, self.since(), aside, aside_bytes)

    def since(self) -> int | None:
        """Return when the oldest write that waits was accepted."""
        row = self._db.execute(
            "SELECT at FROM writes WHERE reason IS NULL ORDER BY id LIMIT 1"
        ).fetchone()
        return None if row is None else int(row[0])

    def touch(self) -> None:
        """Write something, to see whether that is possible."""
        with self._transaction():
            self._db.execute("UPDATE spool SET starts = starts")

    def version(self) -> int:
        """Return a number that changes when another process changes the file."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def shrink(self) -> None:
        """Give back the space of what was removed, where it is worth it."""
        if self._db.execute("PRAGMA freelist_count").fetchone()[0] >= _SHRINK_FROM:
            self._db.execute("VACUUM")

    # Keys.

    def keys(self) -> list[ApiKey]:
        rows = self._db.execute("SELECT hash, id, user, expiresAt FROM keys")
        return [ApiKey(id, user, hash, expires, 0) for hash, id, user, expires in rows]

    def put_key(self, key: ApiKey) -> None:
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?)",
                (key.key_hash, key.id, key.user, key.expires_at),
            )

    def drop_keys(self, hashes: Iterable[str]) -> None:
        with self._transaction():
            self._db.executemany("DELETE FROM keys WHERE hash = ?", ((h,) for h in hashes))

    def _sums(self, query: str) -> tuple[int, int]:
        number, size = self._db.execute(query).fetchone()
        return number, size or 0

    def _each(self, statement: str, ids: Sequence[int] | None) -> int:
        with self._transaction():
            return sum(
                self._db.execute(statement, (id,)).rowcount
                for id in ([None] if ids is None else ids)
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def _ids(encoded: bytes) -> list[str]:
    """Return the ids of encoded rows. What cannot be read has none: that may be what is wrong."""
    try:
        return sorted({str(row["id"]) for row in json.loads(b"[" + encoded + b"]")})
    except (ValueError, LookupError, TypeError):
        return []
