"""Databases of earlier schemas are upgraded, those of other versions are left alone."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from sidecar.app import create_app
from sidecar.domain import ids
from sidecar.errors import ConfigError, PocketBaseUnavailable, SchemaMisfit
from sidecar.pocketbase import client, schema, version
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.filters import bind
from sidecar.pocketbase.schema import Schema
from sidecar.resources import resource
from tests.conftest import settings_for
from tests.integration.conftest import revive
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.serving import Service, serving
from tests.upgrades import RELEASED, Rows, kept, rows_in, write_old_data

WANTED: Final[Schema] = schema.load(resource("pb_schema"))
FIRST: Final = 1
KEYS, ROWS = kept(FIRST)
ADA, BEN = (str(user["id"]) for user in ROWS["users"])
BOAT: Final = ids.session_id(ADA, "boat")


@pytest.fixture(scope="module")
async def old_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of the first schema, to be copied."""
    folder = tmp_path_factory.mktemp("first-schema")
    await write_old_data(FIRST, folder)
    return folder / "pb_data"


@contextmanager
def running(
    folder: Path, data: Path | None = None, hooks: Path | None = None
) -> Iterator[RealPocketBase]:
    """Run PocketBase of today on a copy of `data`, or on nothing."""
    folder.mkdir(exist_ok=True)
    process = RealPocketBase(folder, hooks or resource("pb_hooks"))
    if data is not None:
        shutil.copytree(data, folder / "pb_data")
    else:
        process.make_superuser()
    process.start()
    try:
        yield process
    finally:
        process.stop()


@pytest.fixture
def old(tmp_path: Path, old_data: Path) -> Iterator[RealPocketBase]:
    with running(tmp_path, old_data) as process:
        yield process


@pytest.fixture
async def superuser(old: RealPocketBase) -> AsyncIterator[PocketBase]:
    async with client.connect(old.url, EMAIL, PASSWORD) as connected:
        yield connected


def shown(changes: list[schema.Change]) -> list[str]:
    return [str(change) for change in changes]


def without_nulls(rows: Rows) -> Rows:
    """Return the rows as the step to version 2 leaves them."""

    def mended(extra: str | None) -> str | None:
        return None if extra is None else json.dumps(_dropped(json.loads(extra)))

    return {
        table: [
            {**row, "extra": mended(row["extra"])} if "extra" in row else row for row in content
        ]
        for table, content in rows.items()
    }


def _dropped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _dropped(item) for name, item in value.items() if item is not None}
    return value


def same_json(rows: Rows) -> Rows:
    """Return the rows with `extra` spelled in one way."""
    return {
        table: [
            {**row, "extra": row["extra"] and json.dumps(json.loads(row["extra"]))}
            if "extra" in row
            else row
            for row in content
        ]
        for table, content in rows.items()
    }


# From the first schema to this one.


async def test_a_plan_says_what_an_upgrade_then_does_and_does_nothing(
    old: RealPocketBase, superuser: PocketBase
) -> None:
    planned = shown(await schema.diff(superuser, WANTED))

    assert (await version.found(superuser)).version == FIRST
    assert rows_in(old.database, ROWS) == ROWS
    assert any(line.startswith("rows    sessions, messages: 2 rows:") for line in planned)
    assert planned[-1] == f"version schema: 1 becomes {WANTED.version}"
    assert "create  jobs: the collection" in planned
    assert shown(await schema.diff(superuser, WANTED)) == planned
    assert shown(await schema.apply(superuser, WANTED)) == planned


@pytest.mark.parametrize("released", RELEASED)
async def test_an_upgrade_keeps_every_row_and_a_second_one_changes_nothing(
    released: int, tmp_path: Path
) -> None:
    await write_old_data(released, tmp_path)
    rows = kept(released)[1]
    with running(tmp_path / "now", tmp_path / "pb_data") as process:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            await schema.apply(superuser, WANTED)
            after = rows_in(process.database, rows)
            again = await schema.apply(superuser, WANTED)

    assert same_json(after) == without_nulls(rows)
    assert again == []


async def test_new_fields_have_values_that_mean_nothing_is_known(superuser: PocketBase) -> None:
    await schema.apply(superuser, WANTED)

    session = await superuser.get(f"/api/collections/sessions/records/{BOAT}")
    assert (session["titleEdited"], session["publicInclude"]) == (False, None)
    assert (session["title"], session["evalStatus"]) == ("Häuser & Schiffe 🚢", "golden")
    # Whatever there is waits to be embedded.
    assert session["embedded"] == ""
    (view,) = [
        row async for row in superuser.every("evalCounts", "") if row["evalStatus"] == "golden"
    ]
    assert (view["user"], view["sessions"], view["messages"]) == (ADA, 1, 7)


async def test_what_an_earlier_version_stored_is_read_searched_and_synced_on(
    old: RealPocketBase, superuser: PocketBase, tmp_path: Path
) -> None:
    await schema.apply(superuser, WANTED)
    settings = settings_for(old.url, tmp_path / "data")
    async with serving(create_app(settings), settings) as service:
        ada, ben = (service.client(Authorization=f"Bearer {KEYS[name]}") for name in ("ada", "ben"))
        revoked = service.client(Authorization=f"Bearer {KEYS['revoked']}")
        async with ada, ben, revoked:
            assert (await revoked.get("/api/sessions")).status_code == 401
            transcript = (await ada.get(f"/api/sessions/{BOAT}")).json()
            found = (await ada.get("/api/search", params={"q": "pelican"})).json()
            theirs = (await ben.get("/api/search", params={"q": "pelican"})).json()
            # A repeated request, with the null it had, is no news.
            before = await superuser.get(f"/api/collections/sessions/records/{BOAT}")
            repeated = {
                "externalId": "boat",
                "title": "Häuser & Schiffe 🚢",
                "branch": {"name": "main", "remote": None},
                "updatedAt": before["updatedAt"],
            }
            assert (await ada.post("/sync/session", json=repeated)).status_code == 200
            after = await superuser.get(f"/api/collections/sessions/records/{BOAT}")
            new = {"sessionExternalId": "boat", "externalId": "m7", "textContent": "And on"}
            assert (await ada.post("/sync/message", json=new)).status_code == 200
            counted = await superuser.get(f"/api/collections/sessions/records/{BOAT}")

    assert len(transcript["messages"]) == 7
    assert [session["externalId"] for session in found["results"]] == ["boat"]
    assert theirs["results"] == []
    with closing(sqlite3.connect(f"file:{old.database}?mode=ro", uri=True)) as db:
        indexed = "SELECT count(*) FROM searchText WHERE searchText MATCH 'pelican'"
        assert db.execute(indexed).fetchone() == (7,)
    assert after == before
    assert counted["messageCount"] == 8


# Interruptions.


class Mortal(PocketBase):
    """Kills PocketBase while it is at work on the nth request that changes something."""

    process: RealPocketBase
    countdown: int
    killed_after: int

    async def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        if method == "GET" or path.endswith(("do=status", "do=plan")):
            return await super().request(method, path, **arguments)
        self.countdown -= 1
        if self.countdown:
            return await super().request(method, path, **arguments)
        work = asyncio.create_task(super().request(method, path, **arguments))
        # Before the request arrives, while it is worked on, or after it.
        await asyncio.sleep(self.killed_after % 4 * 0.002)
        self.process.kill()
        try:
            return await work
        except PocketBaseUnavailable as exc:
            raise Killed from exc


class Killed(Exception):
    pass


async def upgraded_until(process: RealPocketBase, countdown: int) -> int:
    """Upgrade until PocketBase is killed; return what is left of the countdown."""
    async with httpx.AsyncClient(base_url=process.url, timeout=60, trust_env=False) as http:
        mortal = Mortal(http, EMAIL, PASSWORD)
        mortal.process, mortal.countdown = process, countdown
        mortal.killed_after = countdown
        with suppress(Killed, PocketBaseUnavailable):
            await schema.apply(mortal, WANTED)
        await revive(process)
        return mortal.countdown


async def test_an_upgrade_that_is_killed_anywhere_ends_well_when_it_is_run_again(
    tmp_path: Path, old_data: Path
) -> None:
    with running(tmp_path / "whole", old_data) as whole:
        never = 10_000
        requests = never - await upgraded_until(whole, never)
        expected = rows_in(whole.database, ROWS)
    assert requests > 10

    # Once after the other on one folder, each a little further than the one before.
    with running(tmp_path / "killed", old_data) as process:
        for countdown in range(1, requests + 1):
            await upgraded_until(process, countdown)
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            await schema.apply(superuser, WANTED)
            assert await schema.diff(superuser, WANTED) == []
        assert rows_in(process.database, ROWS) == expected


@pytest.mark.parametrize("countdown", [1, 2, 6, 12])
async def test_an_installation_that_is_killed_goes_on(tmp_path: Path, countdown: int) -> None:
    with running(tmp_path) as process:
        await upgraded_until(process, countdown)
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            await schema.apply(superuser, WANTED)

            assert await schema.diff(superuser, WANTED) == []
            assert (await version.found(superuser)).version == WANTED.version


# Steps.

LATER = """
STEPS.push(
  {
    version: 8, what: "branches move", table: "sessions",
    rows: "SELECT count(*) AS n FROM sessions WHERE gitBranch != ''",
    run: ["UPDATE sessions SET branch = 'moved ' || gitBranch WHERE gitBranch != ''"],
  },
  {
    version: 9, what: "branches are marked", table: "sessions",
    rows: "SELECT count(*) AS n FROM sessions",
    run: ["UPDATE sessions SET branch = branch || '!'"],
  },
);
module.exports = """


@pytest.fixture
def later_hooks(tmp_path: Path) -> Path:
    """Hooks of a version to come, which renames a field in two steps."""
    folder = tmp_path / "later" / "pb_hooks"
    shutil.copytree(resource("pb_hooks"), folder)
    script = folder / "lib" / "schema.js"
    script.write_text(script.read_text("utf-8").replace("module.exports = ", LATER), "utf-8")
    return folder


def later_schema(number: int = 9) -> Schema:
    """The schema of that version."""

    def changed(wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["name"] != "sessions":
            return wanted
        fields = [field for field in wanted["fields"] if field["name"] != "gitBranch"]
        return {
            **wanted,
            "updateRule": "user = @request.auth.id",
            "fields": [*fields, {"name": "branch", "type": "text", "max": 300}],
            "removedFields": ["gitBranch"],
        }

    return replace(
        WANTED, version=number, collections=tuple(changed(wanted) for wanted in WANTED.collections)
    )


async def test_steps_run_in_order_and_once_while_old_and_new_fields_are_there(
    tmp_path: Path, old_data: Path, later_hooks: Path
) -> None:
    with running(tmp_path / "now", old_data, hooks=later_hooks) as process:
        with closing(sqlite3.connect(process.database)) as db, db:
            db.execute("UPDATE sessions SET gitBranch = 'main' WHERE id = ?", (BOAT,))
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            planned = await schema.diff(superuser, later_schema())
            await schema.apply(superuser, later_schema())
            again = await schema.apply(superuser, later_schema())
            boat = await superuser.get(f"/api/collections/sessions/records/{BOAT}")

    steps = [str(change) for change in planned if change.action == "rows"]
    assert [step.split(": ", 1)[1] for step in steps[1:]] == [
        "1 rows: branches move",
        "5 rows: branches are marked",
    ]
    assert again == []
    assert boat["branch"] == "moved main!"
    assert "gitBranch" not in boat


async def test_a_new_database_runs_no_steps(tmp_path: Path, later_hooks: Path) -> None:
    with running(tmp_path / "now", hooks=later_hooks) as process:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            changes = await schema.apply(superuser, later_schema())

            assert [change for change in changes if change.action == "rows"] == []
            assert (await version.found(superuser)).version == 9


# Versions that do not fit.


async def upgraded_to(url: str, wanted: Schema) -> None:
    async with client.connect(url, EMAIL, PASSWORD) as superuser:
        await schema.apply(superuser, wanted)


async def test_a_database_of_a_newer_version_is_left_alone(old: RealPocketBase) -> None:
    await upgraded_to(old.url, replace(WANTED, version=WANTED.version + 1))
    before = rows_in(old.database, ROWS)

    with pytest.raises(ConfigError, match="Install the newer program, or restore the backup"):
        await upgraded_to(old.url, WANTED)
    guard = version.VersionGuard(WANTED.version, version.hooks_in(resource("pb_hooks")))
    async with client.connect(old.url, EMAIL, PASSWORD, guard) as superuser:
        with pytest.raises(SchemaMisfit):
            await superuser.update("sessions", BOAT, {"title": "x"})

    assert rows_in(old.database, ROWS) == before


async def ready(service: Service) -> dict[str, Any]:
    async with service.client() as anybody:
        answer = await anybody.get("/ready")
    body: dict[str, Any] = answer.json()
    assert answer.status_code == (503 if body["reasons"] else 200)
    return body


async def test_the_sidecar_waits_for_the_upgrade_of_an_older_database(
    old: RealPocketBase, tmp_path: Path
) -> None:
    settings = settings_for(old.url, tmp_path / "data")
    message = {"sessionExternalId": "boat", "externalId": "m9", "textContent": "Later"}
    async with serving(create_app(settings), settings) as service:
        ada = service.client(Authorization=f"Bearer {KEYS['ada']}")
        async with ada:
            refused = await ada.get("/api/sessions")
            told = await ready(service)
            assert refused.status_code == 503
            assert refused.headers["Retry-After"]
            assert "opensync doctor" in refused.json()["error"]
            assert "`opensync schema apply`" in " ".join(told["reasons"])
            assert rows_in(old.database, ROWS) == ROWS

            await upgraded_to(old.url, WANTED)
            await eventually_ready(service)
            assert (await ada.post("/sync/message", json=message)).status_code == 200


async def test_what_known_keys_send_before_the_upgrade_is_kept_and_then_stored(
    old: RealPocketBase, superuser: PocketBase, tmp_path: Path
) -> None:
    await schema.apply(superuser, WANTED)
    settings = settings_for(old.url, tmp_path / "data", spool_after_seconds=0.5)
    message = {"sessionExternalId": "boat", "externalId": "m9", "textContent": "Meanwhile"}
    by_key = {"Authorization": f"Bearer {KEYS['ada']}"}
    async with (
        serving(create_app(settings), settings) as service,
        service.client(**by_key) as ada,
    ):
        assert (await ada.get("/api/sessions")).status_code == 200
    # As if the next program were one of a later version.
    with closing(sqlite3.connect(old.database, timeout=30)) as db, db:
        db.execute("DELETE FROM schemaVersions")
    before = rows_in(old.database, ROWS)
    async with serving(create_app(settings), settings) as service:
        async with service.client(**by_key) as ada:
            answer = await ada.post("/sync/message", json=message)
        assert answer.status_code == 200, answer.text
        assert rows_in(old.database, ROWS)["messages"] == before["messages"]

        await schema.apply(superuser, WANTED)
        id = answer.json()["messageId"]
        async with asyncio.timeout(60):
            stored = bind("id = {:id}", id=id)
            while await superuser.first("messages", stored) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def eventually_ready(service: Service) -> None:
    async with asyncio.timeout(60):
        while (await ready(service))["status"] != "ready":  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_a_sidecar_that_starts_before_pocketbase_looks_as_soon_as_it_can(
    old: RealPocketBase, tmp_path: Path
) -> None:
    await upgraded_to(old.url, replace(WANTED, version=WANTED.version + 1))
    old.stop()
    settings = settings_for(old.url, tmp_path / "data")
    async with serving(create_app(settings), settings) as service:
        assert "does not answer" in " ".join((await ready(service))["reasons"])
        old.start()
        told = await ready(service)

    assert "is of a newer OpenSync" in " ".join(told["reasons"])


def test_commands_name_the_next_step_until_the_database_is_upgraded(
    old: RealPocketBase, tmp_path: Path
) -> None:
    def opensync(*arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "OPENSYNC_DATA": str(tmp_path / "data"),
            "OPENSYNC_POCKETBASE_URL": old.url,
            "OPENSYNC_POCKETBASE_EMAIL": EMAIL,
            "OPENSYNC_POCKETBASE_PASSWORD": PASSWORD,
        }
        return subprocess.run(
            [sys.executable, "-m", "sidecar", *arguments],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )

    refused = opensync("users", "list")
    planned = opensync("schema", "plan")
    applied = opensync("schema", "apply")
    left = opensync("schema", "plan", "--json")
    users = opensync("users", "list", "--json")

    assert refused.returncode == 1
    assert "Run `opensync schema apply`" in refused.stderr
    assert planned.returncode == 1
    assert (applied.returncode, applied.stdout) == (0, planned.stdout)
    assert (left.returncode, json.loads(left.stdout)) == (0, [])
    assert {user["email"] for user in json.loads(users.stdout)} == {
        "ada@example.test",
        "ben@example.test",
    }


async def test_other_hooks_than_the_programs_are_told(tmp_path: Path, later_hooks: Path) -> None:
    with running(tmp_path / "now", hooks=later_hooks) as process:
        await upgraded_to(process.url, WANTED)
        settings = settings_for(process.url, tmp_path / "data")
        async with serving(create_app(settings), settings) as service:
            told = await ready(service)

    assert told["notices"] == [version.OTHER_HOOKS]


async def test_an_upgrade_is_not_begun_with_other_hooks(old: RealPocketBase) -> None:
    async with client.connect(old.url, EMAIL, PASSWORD) as superuser:
        with pytest.raises(ConfigError, match="Restart PocketBase"):
            await schema.apply(superuser, WANTED, hooks="of another version")

        assert (await version.found(superuser)).version == FIRST


async def test_missing_hooks_are_told(tmp_path: Path) -> None:
    with running(tmp_path, hooks=tmp_path / "none") as process:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            with pytest.raises(SchemaMisfit) as raised:
                await schema.apply(superuser, WANTED)

    assert raised.value.cure == version.NO_HOOKS


# What a release must not forget.


async def test_a_schema_that_differs_from_the_last_release_has_a_version_of_its_own(
    tmp_path: Path,
) -> None:
    last = RELEASED[-1]
    await write_old_data(last, tmp_path)
    with running(tmp_path / "now", tmp_path / "pb_data") as process:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            # Settings are PocketBase's own, and every program gets on with them.
            planned = await schema.diff(superuser, replace(WANTED, version=last))

    is_changed = any(
        change.action != "report" for change in planned if change.collection != "settings"
    )
    assert WANTED.version == (last + 1 if is_changed else last), (
        "Count up pb_schema/version.json once for each release that changes the schema."
    )
