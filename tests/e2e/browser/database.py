"""The database of a stack from beside it: what a test looks up for itself, or lets go wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.browser.conftest import Site

_WAIT = 30  # seconds, while PocketBase writes


@contextmanager
def _open(site: Site) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file(site), timeout=_WAIT)) as connection, connection:
        yield connection


def file(site: Site) -> Path:
    return site.stack.folder / "pb_data" / "data.db"


def rows(site: Site, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with _open(site) as connection:
        return connection.execute(sql, params).fetchall()


def change(site: Site, sql: str, *params: Any) -> None:
    with _open(site) as connection:
        connection.execute(sql, params)


@contextmanager
def _trigger(site: Site, when: str, then: str) -> Iterator[None]:
    """Have something happen before sessions are deleted."""
    change(
        site,
        f"CREATE TRIGGER of_a_test BEFORE DELETE ON sessions WHEN {when} BEGIN SELECT {then}; END",
    )
    try:
        yield
    finally:
        change(site, "DROP TRIGGER of_a_test")


def undeletable(site: Site, session: str) -> AbstractContextManager[None]:
    """While this lasts, the database refuses to delete the session with this record id."""
    return _trigger(site, f"OLD.id = '{session}'", "RAISE(ABORT, 'not this one')")


def slow_deletions(site: Site, source: str) -> AbstractContextManager[None]:
    """While this lasts, deleting a session of the agent takes the database some time."""
    everything = ", ".join(f"sqlite_schema AS s{n}" for n in range(3))
    return _trigger(site, f"OLD.source = '{source}'", f"count(*) FROM {everything}")
