"""What is stored, next to what was acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from tests.faults.ledger import Entry, Key, Ledger, version_of_message, version_of_session


@dataclass(frozen=True)
class Verdict:
    """Everything that is wrong; each list holds external ids or record ids."""

    lost: list[str]  # acknowledged and not there
    doubled: list[str]  # there more than once
    altered: list[str]  # there, but not as it was acknowledged last
    misnamed: list[str]  # stored under another id than was answered
    unknown: list[str]  # there, and never sent
    miscounted: list[str]  # sessions whose counter is wrong
    orphans: list[str]  # parts and messages of nothing

    @property
    def wrong(self) -> dict[str, list[str]]:
        """Return what is wrong by its kind; empty when nothing is."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: ids[:5] for name, ids in found.items() if ids}


@dataclass(frozen=True)
class _Stored:
    record: str
    version: str


def compare(ledger: Ledger, database: Path) -> Verdict:
    """Read PocketBase's database and compare it with the ledger."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        # One moment for all queries.
        db.execute("BEGIN")
        rows = [*_sessions(db), *_messages(db)]
        miscounted, orphans = _miscounted(db), _orphans(db)
    stored: dict[Key, list[_Stored]] = {}
    for key, row in rows:
        stored.setdefault(key, []).append(row)
    taken = ledger.taken()
    both = [(key, entry, stored[key][0]) for key, entry in taken.items() if key in stored]
    return Verdict(
        lost=_names(key for key in taken if key not in stored),
        doubled=_names(key for key, found in stored.items() if len(found) > 1),
        altered=_names(key for key, entry, row in both if not _may_be(entry, row.version)),
        misnamed=_names(
            key for key, entry, row in both if entry.record and entry.record != row.record
        ),
        unknown=_names(key for key in stored if key not in ledger.entries),
        miscounted=miscounted,
        orphans=orphans,
    )


def _may_be(entry: Entry, version: str) -> bool:
    return version == entry.taken or version in entry.unsure


def _names(keys: Iterable[Key]) -> list[str]:
    return ["/".join(key) for key in keys]


def _sessions(db: sqlite3.Connection) -> Iterable[tuple[Key, _Stored]]:
    # One that only messages name was not sent as a session.
    wanted = (
        "SELECT externalId, id, title, promptTokens FROM sessions "
        "WHERE NOT stub AND externalId NOT LIKE 'probe-%'"
    )
    for external, id, title, tokens in db.execute(wanted):
        yield (external,), _Stored(id, version_of_session(title, int(tokens)))


def _messages(db: sqlite3.Connection) -> Iterable[tuple[Key, _Stored]]:
    parts: dict[str, list[tuple[str, Any]]] = {}
    for message, kind, content in db.execute(
        'SELECT message, type, content FROM parts ORDER BY message, "order"'
    ):
        parts.setdefault(message, []).append((kind, orjson.loads(content)))
    for session, external, id, role, text in db.execute(
        "SELECT s.externalId, m.externalId, m.id, m.role, m.textContent "
        "FROM messages m JOIN sessions s ON s.id = m.session"
    ):
        yield (session, external), _Stored(id, version_of_message(role, text, parts.get(id, ())))


def _miscounted(db: sqlite3.Connection) -> list[str]:
    return _column(
        db,
        "SELECT externalId FROM sessions WHERE messageCount != "
        "(SELECT count(*) FROM messages WHERE session = sessions.id)",
    )


def _orphans(db: sqlite3.Connection) -> list[str]:
    return _column(
        db,
        "SELECT id FROM parts WHERE message NOT IN (SELECT id FROM messages) "
        "UNION ALL SELECT id FROM messages WHERE session NOT IN (SELECT id FROM sessions)",
    )


def _column(db: sqlite3.Connection, query: str) -> list[str]:
    return [value for (value,) in db.execute(query)]
