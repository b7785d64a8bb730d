"""The schema on a real PocketBase: applied, compared, mended, and fast where it must be."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from sidecar.app import create_app
from sidecar.domain import ids
from sidecar.errors import UpstreamError
from sidecar.pocketbase import client, schema
from sidecar.pocketbase.client import Json, PocketBase
from sidecar.pocketbase.schema import Schema
from sidecar.resources import resource
from tests.conftest import make_tenant, settings_for
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, program
from tests.serving import serving
from tests.stored import accepted, read

WANTED: Final[Schema] = schema.load(resource("pb_schema"))
TABLES: Final = [item for item in WANTED.collections if item["type"] != "view"]

Drift = Callable[[PocketBase], Awaitable[object]]


@pytest.fixture(scope="module")
async def process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealPocketBase]:
    """A PocketBase of this module's own, on which no schema has been applied."""
    process = RealPocketBase(tmp_path_factory.mktemp("drifting"))
    process.make_superuser()
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
async def drifting(process: RealPocketBase) -> AsyncIterator[PocketBase]:
    async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
        yield superuser


@pytest.fixture
async def applied(drifting: PocketBase) -> PocketBase:
    """The same with the schema as wanted, whatever a test before has left."""
    await schema.apply(drifting, WANTED)
    return drifting


async def collection(pocketbase: PocketBase, name: str) -> Json:
    return await pocketbase.get(f"/api/collections/{name}")


async def everything(pocketbase: PocketBase) -> tuple[Json, Json]:
    """Return all collections, with the time of their last change, and the settings."""
    return (
        await pocketbase.get("/api/collections", perPage=200, sort="name"),
        await pocketbase.get("/api/settings"),
    )


def shown(changes: list[schema.Change]) -> list[str]:
    return [str(change) for change in changes]


async def test_the_schema_is_made_on_an_empty_pocketbase_and_a_second_time_changes_nothing(
    tmp_path: Path,
) -> None:
    empty = RealPocketBase(tmp_path)
    empty.make_superuser()
    empty.start()
    try:
        async with client.connect(empty.url, EMAIL, PASSWORD) as superuser:
            planned = await schema.diff(superuser, WANTED)
            first = await schema.apply(superuser, WANTED)
            after_first = await everything(superuser)
            second = await schema.apply(superuser, WANTED)
            after_second = await everything(superuser)
            left = await schema.diff(superuser, WANTED)
    finally:
        empty.stop()

    made = {change.collection for change in first if change.action == "create"}
    assert made == {item["name"] for item in WANTED.collections} - {"users"}
    assert shown(planned) == shown(first)
    assert (second, left) == ([], [])
    assert after_second == after_first


async def test_comparing_changes_nothing(applied: PocketBase) -> None:
    await applied.send("PATCH", "/api/collections/apiLogs", {"listRule": None})
    before = await everything(applied)
    assert await schema.diff(applied, WANTED)

    assert await everything(applied) == before


# Drift.


def changing(name: str, **values: Any) -> Drift:
    async def drift(pocketbase: PocketBase) -> object:
        return await pocketbase.send("PATCH", f"/api/collections/{name}", values)

    return drift


def changing_field(name: str, field: str, **values: Any) -> Drift:
    async def drift(pocketbase: PocketBase) -> object:
        live = await collection(pocketbase, name)
        fields = [{**f, **values} if f["name"] == field else f for f in live["fields"]]
        return await pocketbase.send("PATCH", f"/api/collections/{name}", {"fields": fields})

    return drift


def without_field(name: str, field: str) -> Drift:
    async def drift(pocketbase: PocketBase) -> object:
        live = await collection(pocketbase, name)
        fields = [f for f in live["fields"] if f["name"] != field]
        return await pocketbase.send("PATCH", f"/api/collections/{name}", {"fields": fields})

    return drift


def without_index(name: str, index: str) -> Drift:
    async def drift(pocketbase: PocketBase) -> object:
        live = await collection(pocketbase, name)
        indexes = [text for text in live["indexes"] if f"`{index}`" not in text]
        assert len(indexes) == len(live["indexes"]) - 1
        return await pocketbase.send("PATCH", f"/api/collections/{name}", {"indexes": indexes})

    return drift


def with_index(name: str, text: str) -> Drift:
    async def drift(pocketbase: PocketBase) -> object:
        live = await collection(pocketbase, name)
        indexes = [*live["indexes"], text]
        return await pocketbase.send("PATCH", f"/api/collections/{name}", {"indexes": indexes})

    return drift


def without_collection(name: str) -> Drift:
    async def drift(pocketbase: PocketBase) -> object:
        return await pocketbase.request("DELETE", f"/api/collections/{name}")

    return drift


def with_settings(**values: Any) -> Drift:
    async def drift(pocketbase: PocketBase) -> object:
        return await pocketbase.send("PATCH", "/api/settings", values)

    return drift


DRIFTS: dict[str, tuple[Drift, str, str]] = {
    "a rule opened": (changing("sessions", createRule=""), "sessions", "createRule"),
    "a rule widened": (changing("messages", listRule="id != ''"), "messages", "listRule"),
    "a rule locked": (changing("sessions", listRule=None), "sessions", "listRule"),
    "self-registration on": (changing("users", createRule=""), "users", "createRule"),
    "password login on": (
        changing("users", passwordAuth={"enabled": True, "identityFields": ["email"]}),
        "users",
        "passwordAuth",
    ),
    "a text limit lowered": (
        changing_field("messages", "textContent", max=5000),
        "messages",
        "max",
    ),
    "a text limit lost": (changing_field("messages", "textContent", max=0), "messages", "max"),
    "a JSON limit lost": (changing_field("parts", "content", maxSize=0), "parts", "maxSize"),
    "a secret shown": (changing_field("apiKeys", "keyHash", hidden=False), "apiKeys", "hidden"),
    "a role lost": (
        changing_field("messages", "role", values=["user", "assistant"]),
        "messages",
        "values",
    ),
    "a field optional": (
        changing_field("sessions", "externalId", required=False),
        "sessions",
        "required",
    ),
    "a cascade off": (
        changing_field("parts", "message", cascadeDelete=False),
        "parts",
        "cascadeDelete",
    ),
    "a field gone": (without_field("sessions", "reviewedAt"), "sessions", "reviewedAt"),
    "an index gone": (
        without_index("sessions", "idx_sessions_user_updated"),
        "sessions",
        "idx_sessions_user_updated",
    ),
    "an index too many": (
        with_index("parts", "CREATE INDEX `idx_parts_odd` ON `parts` (`type`)"),
        "parts",
        "idx_parts_odd",
    ),
    "a collection gone": (without_collection("apiLogs"), "apiLogs", "the collection"),
    "a view gone": (without_collection("usageHourly"), "usageHourly", "the collection"),
    "a view changed": (
        changing("usageHourly", viewQuery="SELECT id, user FROM sessions"),
        "usageHourly",
        "viewQuery",
    ),
    "batches on": (with_settings(batch={"enabled": True}), "settings", "batch.enabled"),
    "logs kept for a year": (with_settings(logs={"maxDays": 365}), "settings", "logs.maxDays"),
    "another proxy believed": (
        with_settings(trustedProxy={"headers": ["X-Real-IP"], "useLeftmostIP": True}),
        "settings",
        "trustedProxy",
    ),
}


@pytest.mark.parametrize(("drift", "where", "what"), DRIFTS.values(), ids=DRIFTS.keys())
async def test_a_drift_is_shown_and_mended(
    applied: PocketBase, drift: Drift, where: str, what: str
) -> None:
    before = await everything(applied)
    await drift(applied)

    found = await schema.diff(applied, WANTED)
    assert {change.collection for change in found} >= {where}
    assert any(what in str(change) for change in found), shown(found)

    mended = await schema.apply(applied, WANTED)
    assert shown(mended) == shown(found)
    assert await schema.diff(applied, WANTED) == []
    assert (await everything(applied))[1] == before[1]


async def test_a_field_that_somebody_added_is_reported_and_keeps_its_data(
    applied: PocketBase,
) -> None:
    live = await collection(applied, "apiLogs")
    added = [*live["fields"], {"name": "note", "type": "text", "max": 10}]
    await applied.send("PATCH", "/api/collections/apiLogs", {"fields": added})
    try:
        assert [change.action for change in await schema.diff(applied, WANTED)] == ["report"]
        await schema.apply(applied, WANTED)
        # Also when the collection has to be changed for another reason.
        await applied.send("PATCH", "/api/collections/apiLogs", {"listRule": None})
        await schema.apply(applied, WANTED)

        fields = [field["name"] for field in (await collection(applied, "apiLogs"))["fields"]]
        assert "note" in fields
    finally:
        await applied.send("PATCH", "/api/collections/apiLogs", {"fields": live["fields"]})


async def test_mending_keeps_the_rows(applied: PocketBase) -> None:
    user = await applied.create(
        "users", {"email": "rows@example.test", "password": PASSWORD, "passwordConfirm": PASSWORD}
    )
    row = await applied.create(
        "sessions", {"user": user["id"], "externalId": "s", "title": "T", "gitBranch": "main"}
    )
    await changing_field("sessions", "title", max=2000)(applied)
    await without_index("sessions", "idx_sessions_user_external")(applied)
    await schema.apply(applied, WANTED)

    found = await applied.get(f"/api/collections/sessions/records/{row['id']}")
    assert (found["title"], found["gitBranch"]) == ("T", "main")
    await applied.delete("users", user["id"])


# Limits.


@pytest.mark.parametrize("wanted", TABLES, ids=lambda item: item["name"])
async def test_every_text_states_how_long_it_may_be(applied: PocketBase, wanted: Json) -> None:
    """0 would be PocketBase's default: 5,000 characters of text, 1 MiB of JSON."""
    live = await collection(applied, wanted["name"])
    limits = {
        field["name"]: field.get("max") if field["type"] == "text" else field.get("maxSize")
        for field in live["fields"]
        if field["type"] in ("text", "json", "editor") and not field["system"]
    }

    assert all(limits.values()), limits
    assert limits == WANTED.text_limits[wanted["name"]]


def test_a_transcript_has_room() -> None:
    assert WANTED.text_limits["messages"]["textContent"] >= 50 * 1024 * 1024
    assert WANTED.text_limits["parts"]["content"] >= 50 * 1024 * 1024


async def test_pocketbase_itself_takes_a_megabyte_of_text_and_no_title_that_is_too_long(
    applied: PocketBase,
) -> None:
    user = await applied.create(
        "users", {"email": "long@example.test", "password": PASSWORD, "passwordConfirm": PASSWORD}
    )
    session = await applied.create("sessions", {"user": user["id"], "externalId": "s"})
    message = {"session": session["id"], "externalId": "m", "role": "user"}
    row = await applied.create("messages", {**message, "textContent": "é" * 1_048_576})
    with pytest.raises(UpstreamError):
        await applied.update("sessions", session["id"], {"title": "x" * 1001})
    await applied.delete("users", user["id"])

    assert len(row["textContent"]) == 1_048_576


# Closed doors.


async def test_nobody_registers_or_signs_in_with_a_password(
    applied: PocketBase, process: RealPocketBase
) -> None:
    credentials = {"email": "self@example.test", "password": PASSWORD, "passwordConfirm": PASSWORD}
    user = await applied.create("users", {**credentials, "email": "known@example.test"})
    async with httpx.AsyncClient(base_url=process.url, trust_env=False) as nobody:
        registered = await nobody.post("/api/collections/users/records", json=credentials)
        signed_in = await nobody.post(
            "/api/collections/users/auth-with-password",
            json={"identity": "known@example.test", "password": PASSWORD},
        )
    await applied.delete("users", user["id"])

    assert registered.status_code in (400, 403), registered.text
    assert signed_in.status_code in (400, 403), signed_in.text


async def test_only_the_sidecar_makes_synced_rows(applied: PocketBase) -> None:
    for name in ("sessions", "messages", "parts", "apiKeys", "apiLogs"):
        assert (await collection(applied, name))["createRule"] is None
    for name in ("sessionEmbeddings", "messageEmbeddings"):
        live = await collection(applied, name)
        assert [live[f"{verb}Rule"] for verb in ("list", "view", "create", "update", "delete")] == [
            None
        ] * 5


# Speed.


# PocketBase's SQLite is asked: that of Python may be older, and /api/sql takes short queries only.
EXPLAIN: Final = """
routerAdd("POST", "/api/test/explain", (e) => {
  const rows = arrayOf(new DynamicModel({ detail: "" }));
  $app.db().newQuery("EXPLAIN QUERY PLAN " + readerToString(e.request.body)).all(rows);
  return e.json(200, rows.map((row) => row.detail));
}, $apis.requireSuperuserAuth());
"""


class TalkativePocketBase(RealPocketBase):
    """One that logs every statement."""

    def start(self) -> None:
        command = [
            *(program("pocketbase"), "serve", "--dev", "--http", f"127.0.0.1:{self.port}"),
            *("--dir", str(self.folder / "pb_data"), "--hooksDir", str(self.hooks)),
            *("--automigrate=false", "--hooksWatch=false"),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.wait_until_ready()

    def statements(self, start: int) -> list[str]:
        """Return the statements logged since the log had this length."""
        # `[0.25ms] SELECT …`, over several lines as it was written, or the line of a request.
        entries = re.split(
            r"^\[\d+\.\d+ms\] |^(?:INFO|ERROR|WARN|DEBUG) .*\n", self.log[start:], flags=re.M
        )
        return [entry.strip() for entry in entries if entry and entry.strip()]


@dataclass(frozen=True)
class Plan:
    """A statement and how SQLite would go about it."""

    sql: str
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((self.sql[:300], *self.steps))


@pytest.fixture(scope="module")
async def plans(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Plan]]:
    """The plan of every statement that syncing and reading a session takes."""
    folder = tmp_path_factory.mktemp("talkative")
    hooks = Path(shutil.copytree(resource("pb_hooks"), folder / "hooks"))
    (hooks / "explain.pb.js").write_text(EXPLAIN)
    process = TalkativePocketBase(folder, hooks)
    process.make_superuser()
    process.start()
    try:
        settings = settings_for(process.url, tmp_path_factory.mktemp("data"))
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            await schema.apply(superuser, WANTED)
            async with serving(create_app(settings), settings) as service:
                tenant = await make_tenant(service)
                start = len(process.log)
                message = {"sessionExternalId": "s", "externalId": "m", "parts": ["a", "b"]}
                await accepted(tenant, "session", {"externalId": "s", "title": "T"})
                await accepted(tenant, "message", {**message, "textContent": "x"})
                await accepted(tenant, "batch", {"messages": [message]})
                page = await read(tenant, "/api/sessions", limit="1")
                id = page["sessions"][0]["id"]
                await read(tenant, "/api/sessions", cursor=page["cursor"])
                await read(tenant, "/api/sessions", source="pi")
                await read(tenant, f"/api/sessions/{id}")
                await read(tenant, "/api/stats")
                await read(tenant, "/api/usage")
                await read(tenant, "/sync/sessions/list")
                await service.context.request_log.flush()
                await as_the_dashboard_reads(process.url, await tenant.token(), id)
                statements = process.statements(start)
            yield [Plan(sql, await steps_of(superuser, sql)) for sql in dict.fromkeys(statements)]
    finally:
        process.stop()


async def as_the_dashboard_reads(url: str, token: str, session: str) -> None:
    headers = {"Authorization": token}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as browser:
        for name, query in (
            ("sessions", {"sort": "-updatedAt"}),
            ("messages", {"sort": "createdAt,seq", "filter": f"session = '{session}'"}),
            ("parts", {"sort": "order", "filter": f"message = '{ids.message_id(session, 'm')}'"}),
        ):
            path = f"/api/collections/{name}/records"
            answer = await browser.get(path, params={**query, "skipTotal": "1"})
            assert answer.is_success, answer.text


async def steps_of(pocketbase: PocketBase, sql: str) -> tuple[str, ...]:
    answer = await pocketbase.request("POST", "/api/test/explain", content=sql.encode())
    return tuple(answer.json())


def plan_of(plans: list[Plan], *words: str) -> Plan:
    """Return the first plan whose statement has all these words."""
    found = [plan for plan in plans if all(word in plan.sql for word in words)]
    assert found, f"no statement with {words}"
    return found[0]


def test_sums_by_time_are_found_by_their_owner(plans: list[Plan]) -> None:
    plan = plan_of(plans, "FROM usageHourly WHERE user")
    assert any(re.search(r"SEARCH s USING .*\(user=\?", step) for step in plan.steps), str(plan)


def test_no_statement_of_syncing_and_reading_walks_a_whole_table(plans: list[Plan]) -> None:
    tables = "|".join(item["name"] for item in TABLES)
    walks = re.compile(rf"\bSCAN ({tables})\b")

    assert len(plans) > 15
    for plan in plans:
        assert not any(walks.search(step) for step in plan.steps), str(plan)


INDEXES: list[tuple[tuple[str, ...], str]] = [
    (("`sessions`.`user` =", "ORDER BY `sessions`.`updatedAt` DESC"), "idx_sessions_user_updated"),
    (("`sessions`.`updatedAt` <",), "idx_sessions_user_"),
    (("`sessions`.`source` =",), "idx_sessions_user_"),
    (("FROM messages WHERE messages.session = ", "json_group_array"), "idx_messages_session_"),
    (("FROM parts WHERE parts.message = messages.id",), "idx_parts_message_order"),
    (("FROM `messages`", "ORDER BY `messages`.`createdAt`"), "idx_messages_session_"),
    (("FROM `parts`", "ORDER BY `parts`.`order`"), "idx_parts_message_order"),
    (("FROM `apiKeys`", "`keyHash` ="), "idx_apiKeys_keyHash"),
    (("messageCount = (SELECT count(*)",), "idx_messages_session_"),
    (("DELETE FROM parts",), "idx_parts_message_order"),
    (("DELETE FROM apiLogs",), "idx_apiLogs_created"),
    (("json_group_array(externalId",), "idx_sessions_user_"),
    (("WITH mine AS",), "idx_sessions_user_"),
]


@pytest.mark.parametrize(("words", "index"), INDEXES, ids=lambda value: str(value)[:60])
def test_a_hot_query_uses_its_index(plans: list[Plan], words: tuple[str, ...], index: str) -> None:
    plan = plan_of(plans, *words)

    assert any(f"INDEX {index}" in step for step in plan.steps), str(plan)


def test_a_page_of_sessions_is_read_in_order_and_not_sorted(plans: list[Plan]) -> None:
    plan = plan_of(plans, "`sessions`.`user` =", "ORDER BY `sessions`.`updatedAt` DESC", "LIMIT 1")

    # The id decides only among sessions of one millisecond.
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan.steps, str(plan)


def test_the_message_count_is_read_from_an_index_alone(plans: list[Plan]) -> None:
    plan = plan_of(plans, "messageCount = (SELECT count(*)")

    assert any("COVERING INDEX idx_messages_session" in step for step in plan.steps), str(plan)
