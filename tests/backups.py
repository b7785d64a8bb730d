"""A small data folder to back up, and what is in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sidecar.backup.backups import Backup, Backups
from sidecar.backup.contents import Report

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
LATER = datetime(2026, 7, 16, 12, tzinfo=UTC)


def make_data(folder: Path) -> Path:
    """Make a folder with a small database, an upload and secrets, that nobody uses."""
    (folder / "pb_data" / "storage").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "pb_data" / "data.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE notes (text)")
        database.execute("INSERT INTO notes VALUES ('first')")
        database.commit()
    (folder / "pb_data" / "storage" / "picture").write_bytes(b"pixels")
    (folder / "stack.json").write_text('{"api_key": "secret"}')
    return folder


def add_note(data: Path, text: str) -> None:
    with closing(sqlite3.connect(data / "pb_data" / "data.db")) as database:
        database.execute("INSERT INTO notes VALUES (?)", (text,))
        database.commit()


def notes_of(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "pb_data" / "data.db")) as database:
        return [text for (text,) in database.execute("SELECT text FROM notes")]


def create(
    backups: Backups,
    data: Path,
    now: datetime = NOW,
    *,
    secrets: bool = False,
    report: Report = lambda _, __: None,
) -> Backup:
    return backups.create(data, now, secrets=secrets, report=report)
