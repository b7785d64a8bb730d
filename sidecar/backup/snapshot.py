"""Copies of a SQLite database that others are writing to, and what is in a copy."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.backup.failure import BackupFailed

_PAGES: Final = 2_000
_PATIENCE: Final = 30.0


@dataclass(frozen=True)
class Contents:
    """What a database holds: the hash of its schema, and how many rows each table has."""

    schema: str
    rows: dict[str, int]


def copy(source: Path, target: Path, report: Callable[[float], None]) -> None:
    """Copy the database as it is at this moment; writers go on meanwhile."""
    try:
        with closing(_open_read_only(source)) as live, closing(sqlite3.connect(target)) as mine:
            mine.execute("PRAGMA synchronous=OFF")
            # Without a transaction of its own, SQLite starts anew after each foreign write.
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_master").fetchone()
            live.backup(
                mine,
                pages=_PAGES,
                progress=lambda _, left, total: report(1 - left / total if total else 1),
            )
            live.execute("ROLLBACK")
            # One file, without a log beside it. PocketBase turns the log on again.
            mine.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as exc:
        raise BackupFailed(
            f"{source} cannot be copied. Check the free disk space, and the database with "
            f"`sqlite3 {source} 'PRAGMA integrity_check'`."
        ) from exc


def inspect(database: Path) -> Contents:
    """Check the whole database and return what it holds. Raises BackupFailed when it is damaged."""
    damaged = f"{database.name} in the backup is damaged. Use another backup."
    try:
        with closing(_open_read_only(database)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise BackupFailed(damaged)
            statements = connection.execute(
                "SELECT sql FROM sqlite_master ORDER BY type, name, sql"
            )
            schema = hashlib.sha256("\n".join(sql or "" for (sql,) in statements).encode())
            tables = connection.execute(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
            )
            rows = {str(name): _count(connection, name) for (name,) in tables.fetchall()}
    except sqlite3.Error as exc:
        raise BackupFailed(damaged) from exc
    return Contents(schema.hexdigest(), dict(sorted(rows.items())))


def is_in_use(database: Path) -> bool:
    """Tell whether another process has the database open. A damaged one counts as not open."""
    if not database.exists():
        return False
    try:
        with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
            # Leaving the write-ahead log takes a lock that every other connection stands against.
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.Error as exc:
        return exc.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return False


def _open_read_only(database: Path) -> sqlite3.Connection:
    uri = f"{database.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE)


def _count(connection: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    # A name cannot be bound; this one comes from the database itself and is quoted.
    (count,) = connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()  # noqa: S608
    return int(count)
