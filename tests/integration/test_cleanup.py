"""Cleaning up: what is taken and what is spared, by hand and by rules that run once a day."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from sidecar.app import create_app
from sidecar.domain.cleanup import DAY_MS
from sidecar.domain.clock import Clock, iso, system_now
from sidecar.pocketbase.client import Record
from sidecar.pocketbase.filters import bind
from tests.conftest import Tenant, make_tenant, settings_for
from tests.integration.test_jobs import Json, asked, delete, ended, session_id
from tests.pocketbase import RealPocketBase
from tests.serving import serving
from tests.stored import accepted, sessions_of

AGE = 40  # days
SESSIONS: list[Json] = [
    {"externalId": "untitled", "source": "codex-cli"},
    {"externalId": "titled", "title": "T", "source": "codex-cli", "cost": 1},
    {"externalId": "public", "source": "claude-code"},
    {"externalId": "ready", "source": "claude-code"},
    {"externalId": "judged", "source": "claude-code"},
    {"externalId": "tagged", "source": "claude-code"},
    {"externalId": "touched", "source": "codex-cli"},
    {"externalId": "arrived", "source": "codex-cli"},
]
ALL = [session["externalId"] for session in SESSIONS]
NEW = {"touched", "arrived"}
OPEN = {"untitled", "titled", *NEW}  # to a clean-up with the usual exemptions
SPARED: dict[str, Json] = {
    "public": {"isPublic": True},
    "ready": {"evalReady": True},
    "judged": {"evalStatus": "incorrect"},
    "tagged": {"evalTags": ["keep"]},
}


@dataclass
class Time:
    """A clock that tests turn."""

    now: int

    def __call__(self) -> int:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += round(days * DAY_MS)


@pytest.fixture
def time() -> Time:
    return Time(system_now())


@pytest.fixture
async def tenant(time: Time, own: RealPocketBase, tmp_path: Path) -> AsyncIterator[Tenant]:
    """Somebody with sessions that are 40 days old; one changed, and one arrived, a moment ago."""
    settings = settings_for(own.url, tmp_path)
    async with serving(create_app(settings, Clock(time)), settings) as running:
        tenant = await make_tenant(running)
        old = time.now - AGE * DAY_MS
        sessions = [{**each, "createdAt": old, "updatedAt": old} for each in SESSIONS]
        sessions[ALL.index("touched")]["updatedAt"] = time.now
        text = {"externalId": "m", "textContent": "12345", "createdAt": old}
        messages = [{"sessionExternalId": "untitled", **text}]
        await accepted(tenant, "batch", {"sessions": sessions, "messages": messages})
        for name, labels in SPARED.items():
            id = session_id(tenant, name)
            await running.context.pocketbase.update("sessions", id, labels)
        arrive(own, tenant, f"{iso(old)[:-1].replace('T', ' ')}.000Z")
        yield tenant


def arrive(process: RealPocketBase, tenant: Tenant, created: str) -> None:
    """Set when the sessions came here, all but one; PocketBase lets nobody do that."""
    with closing(sqlite3.connect(process.database, timeout=30)) as database, database:
        database.execute(
            "UPDATE sessions SET created = ? WHERE user = ? AND externalId != 'arrived'",
            (created, tenant.id),
        )


async def names(tenant: Tenant) -> set[str]:
    return {row["externalId"] for row in await sessions_of(tenant)}


async def trash_of(tenant: Tenant) -> list[Record]:
    wanted = bind("user = {:user}", user=tenant.id)
    return await tenant.service.context.pocketbase.page("trash", wanted, sort="title", limit=100)


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"olderThanDays": 30}, OPEN - {"touched"}),
        ({"olderThanDays": 39}, OPEN - {"touched"}),
        ({"olderThanDays": 39, "filter": {"to": 1}}, set()),
        ({"olderThanDays": 41}, set()),
        ({"filter": {"untitled": True}}, OPEN - {"titled"}),
        ({"filter": {"zeroCost": True, "source": "codex-cli"}}, OPEN - {"titled"}),
        ({"filter": {"maxMessages": 1}}, OPEN - {"untitled"}),
        ({"filter": {"untitled": True}, "spare": []}, set(ALL) - {"titled"}),
        (
            {"filter": {"untitled": True}, "spare": ["public", "evals"]},
            OPEN - {"titled"} | {"tagged"},
        ),
        ({"filter": {"isPublic": True}}, set()),
    ],
)
async def test_a_preview_counts_what_would_go_and_shows_the_oldest(
    tenant: Tenant, conditions: Json, found: set[str]
) -> None:
    answer = await asked(tenant, "POST", "/api/cleanup/preview", conditions)

    assert {row["id"] for row in answer["first"]} == {session_id(tenant, name) for name in found}
    assert answer["sessions"] == len(found)
    assert answer["messages"] == answer["bytes"] / 5 == ("untitled" in found)
    assert await names(tenant) == set(ALL)


async def test_a_rule_leaves_alone_what_arrived_only_just(tenant: Tenant) -> None:
    by_hand = await asked(tenant, "POST", "/api/cleanup/preview", OLD["conditions"])
    by_rule = await asked(tenant, "POST", "/api/cleanup/preview?as=rule", OLD["conditions"])

    assert (by_hand["sessions"], by_rule["sessions"]) == (len(OPEN) - 1, len(OPEN - NEW))


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"filter": {}},
        {"olderThanDays": 0},
        {"spare": ["evals"]},
        {"filter": {"sourec": "x"}},
        {"olderThanDays": 30, "spare": ["everything"]},
        {"olderThanDays": 30, "tagged": True},
    ],
)
async def test_a_clean_up_without_a_condition_or_with_an_unknown_one_is_refused(
    tenant: Tenant, conditions: Json
) -> None:
    async with tenant.browser as http:
        answers = [
            await http.post("/api/cleanup", json=conditions),
            await http.post("/api/cleanup/preview", json=conditions),
            await http.post("/api/cleanup/rules", json={"name": "n", "conditions": conditions}),
        ]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert await names(tenant) == set(ALL)


async def test_a_clean_up_moves_to_the_trash_and_says_why(tenant: Tenant) -> None:
    conditions = {"filter": {"maxMessages": 2, "zeroCost": True}, "olderThanDays": 30}

    answer = await asked(tenant, "POST", "/api/cleanup", conditions)
    job = await ended(tenant, answer["job"]["id"])

    assert (job["status"], job["done"]) == ("done", 2)
    assert await names(tenant) == set(ALL) - {"untitled", "arrived"}
    why = "Fewer than 2 messages, zero cost, not touched for 30 days"
    said = {(entry["reason"], entry["job"]) for entry in await trash_of(tenant)}
    assert said == {(job["reason"], job["id"])} == {(why, job["id"])}


OLD: Json = {"name": "Old ones", "conditions": {"olderThanDays": 30}}


async def rules_of(tenant: Tenant) -> list[Record]:
    wanted = bind("user = {:user}", user=tenant.id)
    return await tenant.service.context.pocketbase.page(
        "cleanupRules", wanted, sort="name", limit=100
    )


async def rule_jobs(tenant: Tenant) -> list[Record]:
    """Return the jobs that rules have made, when they have ended."""
    wanted = bind("user = {:user} && rule != ''", user=tenant.id)
    pocketbase = tenant.service.context.pocketbase
    found = await pocketbase.page("jobs", wanted, sort="createdAt", limit=100)
    return [await ended(tenant, job["id"]) for job in found]


async def test_a_new_rule_is_off_and_touches_nothing(tenant: Tenant) -> None:
    made = await rule(tenant, OLD)
    await tenant.service.context.cleanup.run_due()

    assert (made["enabled"], made["lastRunAt"], made["lastCount"]) == (False, 0, 0)
    assert await rule_jobs(tenant) == []
    assert await names(tenant) == set(ALL)


async def rule(tenant: Tenant, body: Json) -> Record:
    async with tenant.browser as http:
        answer = await http.post("/api/cleanup/rules", json=body)
    assert answer.status_code == 201, answer.text
    made: Record = answer.json()["rule"]
    return made


async def test_an_enabled_rule_runs_at_once_and_the_trash_says_that_it_was_it(
    tenant: Tenant, time: Time
) -> None:
    made = await rule(tenant, OLD)

    path = f"/api/cleanup/rules/{made['id']}"
    changed = (await asked(tenant, "PATCH", path, {"enabled": True}))["rule"]
    (job,) = await rule_jobs(tenant)

    assert (changed["lastRunAt"], changed["lastCount"]) == (time.now, 2)
    assert (job["kind"], job["rule"], job["done"]) == ("deleteSessions", "Old ones", 2)
    assert await names(tenant) == set(ALL) - {"untitled", "titled"}
    entries = await trash_of(tenant)
    assert {entry["rule"] for entry in entries} == {"Old ones"}
    assert {entry["reason"] for entry in entries} == {"Not touched for 30 days"}


async def test_what_a_rule_took_is_named_for_a_year_also_where_nothing_is_kept(
    own: RealPocketBase, tmp_path: Path, time: Time
) -> None:
    settings = settings_for(own.url, tmp_path, trash_days=0)
    async with serving(create_app(settings, Clock(time)), settings) as running:
        tenant = await make_tenant(running)
        old = time.now - AGE * DAY_MS
        sessions = [
            {"externalId": name, "title": title, "createdAt": old, "updatedAt": old}
            for name, title in (("one", "First"), ("two", "x" * 999), ("new", "Stays"))
        ]
        sessions[-1]["updatedAt"] = time.now
        await accepted(tenant, "batch", {"sessions": sessions})
        arrive(own, tenant, f"{iso(old)[:-1].replace('T', ' ')}.000Z")
        await rule(tenant, {**OLD, "enabled": True})
        (taken,) = await rule_jobs(tenant)

        finish_earlier(own, taken["id"], days=364)
        by_hand = await delete(tenant, {"ids": [session_id(tenant, "new")]})
        finish_earlier(own, by_hand["id"], days=31)
        await delete(tenant, {"filter": {}})
        (after_months,) = await rule_jobs(tenant)
        others = await running.context.pocketbase.page(
            "jobs", bind("id = {:id}", id=by_hand["id"]), sort="id", limit=1
        )
        await ended(tenant, (await asked(tenant, "DELETE", "/api/me/data"))["job"]["id"])
        (erased,) = await rule_jobs(tenant)
        in_trash = await trash_of(tenant)

    assert in_trash == []
    assert sorted(taken["removed"], key=itemgetter("externalId")) == [
        {"id": session_id(tenant, "one"), "externalId": "one", "title": "First"},
        {"id": session_id(tenant, "two"), "externalId": "two", "title": "x" * 200},
    ]
    assert (taken["rule"], taken["reason"]) == ("Old ones", "Not touched for 30 days")
    assert after_months["removed"] == taken["removed"]
    assert (by_hand["removed"], others) == (None, [])
    assert (erased["done"], erased["removed"]) == (2, None)


def finish_earlier(process: RealPocketBase, job: str, days: int) -> None:
    with closing(sqlite3.connect(process.database, timeout=30)) as database, database:
        database.execute(
            "UPDATE jobs SET finishedAt = finishedAt - ? WHERE id = ?", (days * DAY_MS, job)
        )


async def test_a_rule_runs_once_a_day_also_when_the_sidecar_starts_anew(
    tenant: Tenant, time: Time, own: RealPocketBase, tmp_path: Path
) -> None:
    await rule(tenant, {**OLD, "enabled": True})
    cleanup = tenant.service.context.cleanup
    time.pass_days(0.9)
    await cleanup.run_due()
    (first,) = await rules_of(tenant)
    time.pass_days(0.1)
    settings = settings_for(own.url, tmp_path)
    async with serving(create_app(settings, Clock(time)), settings) as another:
        await another.context.cleanup.run_due()
        (second,) = await rules_of(tenant)

    assert first["lastRunAt"] == time.now - DAY_MS
    assert (second["lastRunAt"], second["lastCount"]) == (time.now, 0)
    assert len(await rule_jobs(tenant)) == 1  # there was nothing left for a second one


async def test_a_rule_leaves_alone_what_was_restored_from_it(tenant: Tenant, time: Time) -> None:
    await rule(tenant, {**OLD, "enabled": True})
    await rule_jobs(tenant)
    answer = await asked(tenant, "POST", "/api/trash/restore", {"all": True})
    await ended(tenant, answer["job"]["id"])

    time.pass_days(1)
    await tenant.service.context.cleanup.run_due()

    (ran,) = await rules_of(tenant)
    assert (ran["lastRunAt"], ran["lastCount"]) == (time.now, 0)
    assert await names(tenant) == set(ALL)


async def test_a_rule_must_say_from_what_age_on(tenant: Tenant) -> None:
    wanted = {"name": "n", "conditions": {"filter": {"untitled": True}}}
    async with tenant.browser as http:
        answer = await http.post("/api/cleanup/rules", json=wanted)

    assert answer.status_code == 422
    assert "olderThanDays" in answer.json()["error"]


async def test_a_rule_is_changed_and_deleted_by_its_owner_alone(
    tenant: Tenant,
) -> None:
    made = await rule(tenant, OLD)
    other = await make_tenant(tenant.service)
    path = f"/api/cleanup/rules/{made['id']}"

    async with other.browser as http:
        refused = [
            await http.patch(path, json={"enabled": True}),
            await http.delete(path),
            await http.delete("/api/cleanup/rules/nonsense'"),
        ]
    changed = await asked(
        tenant, "PATCH", path, {"name": "New", "conditions": {"olderThanDays": 7}}
    )
    before = await rules_of(tenant)
    await asked(tenant, "DELETE", path)

    assert [answer.status_code for answer in refused] == [404] * 3
    assert changed["rule"]["conditions"]["olderThanDays"] == 7
    assert [row["name"] for row in before] == ["New"]
    assert await rules_of(tenant) == []


async def test_a_rule_that_is_not_understood_is_left_out_and_the_others_run(tenant: Tenant) -> None:
    values: dict[str, Any] = {"user": tenant.id, "enabled": True}
    pocketbase = tenant.service.context.pocketbase
    for name, conditions in (("a", {"olderThanDays": 0}), ("b", OLD["conditions"])):
        made = {**values, "name": name, "conditions": conditions}
        await pocketbase.create("cleanupRules", made)

    await tenant.service.context.cleanup.run_due()

    assert [job["rule"] for job in await rule_jobs(tenant)] == ["b"]
    for row in await rules_of(tenant):
        await pocketbase.delete("cleanupRules", row["id"])
