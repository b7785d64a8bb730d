"""Data folders as earlier versions of the schema left them, made of `tests/data/upgrades`.

`python -m tests.upgrades` adds the version of today, when it is released.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sidecar.app import create_app
from sidecar.pocketbase import client, schema
from sidecar.resources import resource
from tests.conftest import DATA, make_tenant, settings_for
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.serving import serving

FOLDER: Final = DATA / "upgrades"
RELEASED: Final = sorted(int(path.name) for path in FOLDER.iterdir())

# As it was when versions began to be counted; the first schema had none.
_COUNTED: Final = """CREATE TABLE schemaVersions (
  version INTEGER PRIMARY KEY, rows INTEGER NOT NULL, finishedAt INTEGER NOT NULL)"""

Rows = dict[str, list[dict[str, Any]]]


def kept(version: int) -> tuple[dict[str, str], Rows]:
    """Return the keys of its users, and the rows that a program of that version wrote."""
    stored = json.loads((FOLDER / str(version) / "rows.json").read_text("utf-8"))
    return stored["keys"], stored["rows"]


async def write_old_data(version: int, folder: Path) -> None:
    """Make a data folder of a version in an empty one: its collections, its rows as they were."""
    collections = json.loads((FOLDER / str(version) / "collections.json").read_text("utf-8"))
    process = RealPocketBase(folder, hooks=folder / "no_hooks")
    process.make_superuser()
    process.start()
    try:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            wanted = {"collections": collections, "deleteMissing": True}
            await superuser.request("PUT", "/api/collections/import", json=wanted)
    finally:
        process.stop()
    with closing(sqlite3.connect(process.database)) as db, db:
        if version > 1:
            db.execute(_COUNTED)
            db.execute("INSERT INTO schemaVersions VALUES (?, 0, 1)", (version,))
        for table, rows in kept(version)[1].items():
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                places = ", ".join(f":{name}" for name in row)
                db.execute(f'INSERT INTO "{table}" ({names}) VALUES ({places})', row)


def rows_in(database: Path, like: Rows) -> Rows:
    """Return the rows of the same tables, of the columns they had."""
    found: Rows = {}
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        for table, rows in like.items():
            names = ", ".join(f'"{name}"' for name in rows[0]) if rows else "id"
            sql = f'SELECT {names} FROM "{table}" ORDER BY rowid'
            found[table] = [dict(row) for row in db.execute(sql)]
    return found


async def freeze() -> tuple[list[Any], dict[str, Any]]:
    """Return the collections, and the keys and rows, that this program leaves."""
    with tempfile.TemporaryDirectory() as folder:
        process = RealPocketBase(Path(folder))
        process.make_superuser()
        process.start()
        try:
            async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
                await schema.apply(superuser, schema.load(resource("pb_schema")))
                page = await superuser.get("/api/collections", perPage=200)
            keys = await _sync_something(process)
        finally:
            process.stop()
        collections = [item for item in page["items"] if not item["system"]]
        tables = [item["name"] for item in collections if item["type"] != "view"]
        return collections, {"keys": keys, "rows": _every_row(process.database, tables)}


async def _sync_something(process: RealPocketBase) -> dict[str, str]:
    """Sync what a plugin once sent, and return the keys of its users."""
    settings = settings_for(process.url, process.folder / "data")
    async with serving(create_app(settings), settings) as service:
        ada, ben = await make_tenant(service), await make_tenant(service)
        recorded = (DATA / "wire" / "claude-code-sync-hooks.jsonl").read_text("utf-8")
        for tenant in (ada, ben):
            async with tenant.api as api:
                for sent in map(json.loads, recorded.splitlines()):
                    if sent["method"] == "POST":
                        answer = await api.post(sent["path"], json=sent["body"])
                        assert answer.is_success, answer.text
        return {"ada": ada.key, "ben": ben.key}


def _every_row(database: Path, tables: list[str]) -> Rows:
    found: Rows = {}
    with closing(sqlite3.connect(database)) as db:
        db.row_factory = sqlite3.Row
        for table in tables:
            found[table] = [dict(row) for row in db.execute(f'SELECT * FROM "{table}"')]
    for user in found["users"]:
        user |= {"password": "", "tokenKey": f"a-token-key-of-a-test-{user['id']}"}
    return found


def main() -> None:
    into = FOLDER / str(schema.load(resource("pb_schema")).version)
    collections, stored = asyncio.run(freeze())
    into.mkdir()
    packed = json.dumps(collections, ensure_ascii=False, separators=(",", ":"))
    (into / "collections.json").write_text(f"{packed}\n", "utf-8")
    rows = json.dumps(stored, ensure_ascii=False, indent=1)
    (into / "rows.json").write_text(f"{rows}\n", "utf-8")


if __name__ == "__main__":
    main()
