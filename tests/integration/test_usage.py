"""Sums by quarter of an hour, agent, model, provider and project."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from tests.conftest import Tenant
from tests.stored import accepted, read

HOUR: Final = 3_600_000
QUARTER: Final = HOUR // 4
AT: Final = 488_000 * HOUR  # in 2025

Row = dict[str, Any]


async def get(tenant: Tenant, **headers: str) -> httpx.Response:
    async with tenant.api as api:
        return await api.get("/api/usage", headers=headers)


async def rows(tenant: Tenant, **query: str) -> list[Row]:
    """Return the rows with their names, the earliest first."""
    usage = await read(tenant, "/api/usage", **query)
    columns, names = usage["rows"], usage["names"]
    assert len({len(column) for column in columns.values()}) == 1
    found = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    for row in found:
        row |= {name: names[name][row[name]] for name in names}
    return sorted(found, key=lambda row: (row["hour"], row["model"]))


def seen(row: Row, *columns: str) -> list[Any]:
    return [row[column] for column in columns]


async def test_without_sessions_there_are_no_rows(tenant: Tenant) -> None:
    usage = await read(tenant, "/api/usage")

    assert set(map(tuple, usage["rows"].values())) == {()}
    assert set(map(tuple, usage["names"].values())) == {()}
    assert usage["lastActive"] == []


async def test_sessions_that_have_all_names_in_common_are_added_up(
    tenant: Tenant, other: Tenant
) -> None:
    alike = {"source": "pi", "model": "o3", "provider": "openai", "projectName": "night-train"}
    sums = {"promptTokens": 100, "completionTokens": 7, "cost": 0.25, "durationMs": 5_000}
    sessions = [
        {"externalId": "1", "createdAt": AT, "updatedAt": AT + 5, **alike, **sums},
        {"externalId": "2", "createdAt": AT + QUARTER - 1, "cacheReadTokens": 3, **alike, **sums},
        {"externalId": "3", "createdAt": AT + QUARTER, **alike, **sums},
        {"externalId": "4", "createdAt": AT, **alike, "model": "gpt-5", "cost": 1},
    ]
    messages = [{"sessionExternalId": "1", "externalId": str(n), "createdAt": AT} for n in range(3)]
    await accepted(tenant, "batch", {"sessions": sessions, "messages": messages})
    await accepted(other, "session", {**sessions[0], "cost": 1_000})

    names = ("source", "model", "provider", "project")
    gpt, o3, later = await rows(tenant)
    assert seen(o3, "hour", *names) == [488_000, "pi", "o3", "openai", "night-train"]
    assert seen(o3, "sessions", "messages", "promptTokens", "completionTokens") == [2, 3, 200, 14]
    assert seen(o3, "totalTokens", "cost", "durationMs") == [214, 0.5, 10_000]
    assert seen(o3, "cacheReadTokens", "cacheWriteTokens") == [3, 0]
    assert seen(gpt, "hour", "model", "sessions", "cost") == [488_000, "gpt-5", 1, 1]
    assert seen(later, "hour", "sessions") == [488_000.25, 1]


async def test_a_project_without_a_name_goes_by_its_path_and_knows_its_last_update(
    tenant: Tenant,
) -> None:
    sessions = [
        {"externalId": "1", "projectPath": "/w/a", "createdAt": AT, "updatedAt": AT + 9},
        {"externalId": "2", "projectPath": "/w/a", "createdAt": AT + HOUR, "updatedAt": AT + HOUR},
        {"externalId": "3", "projectPath": "/w/b", "projectName": "b", "createdAt": AT},
        {"externalId": "4", "createdAt": AT, "updatedAt": AT + 1},
    ]
    await accepted(tenant, "batch", {"sessions": sessions})

    usage = await read(tenant, "/api/usage")
    last = dict(zip(usage["names"]["project"], usage["lastActive"], strict=True))
    assert last == {"/w/a": AT + HOUR, "b": AT, "": AT + 1}


async def test_a_session_known_only_from_messages_counts_when_they_were_written(
    tenant: Tenant,
) -> None:
    message = {"sessionExternalId": "stub", "model": "o3", "source": "pi", "promptTokens": 99}
    for number in (2, 1):
        sent = {**message, "externalId": str(number), "createdAt": AT + number * HOUR}
        await accepted(tenant, "message", sent)

    (row,) = await rows(tenant)
    assert seen(row, "hour", "source", "model") == [488_001, "pi", "o3"]
    assert seen(row, "sessions", "messages", "totalTokens", "cost") == [1, 2, 0, 0]


async def test_the_sums_are_those_of_the_totals(tenant: Tenant) -> None:
    sessions = [
        {
            "externalId": str(n),
            "createdAt": AT + n * 7 * QUARTER // 3,
            "model": ("o3", "gpt-5", "")[n % 3],
            "promptTokens": n,
            "cost": n / 8,
            "durationMs": n * 10,
        }
        for n in range(60)
    ]
    await accepted(tenant, "batch", {"sessions": sessions})

    usage, stats = await read(tenant, "/api/usage"), await read(tenant, "/api/stats")
    sums = {name: sum(column) for name, column in usage["rows"].items()}
    assert (sums["sessions"], sums["totalTokens"]) == (stats["sessionCount"], stats["totalTokens"])
    assert (sums["cost"], sums["durationMs"]) == (stats["totalCost"], stats["totalDurationMs"])


async def test_a_span_begins_with_its_first_moment_and_ends_before_its_last(tenant: Tenant) -> None:
    sessions = [{"externalId": str(n), "createdAt": AT + n * HOUR} for n in range(4)]
    await accepted(tenant, "batch", {"sessions": sessions})
    first, last = str(AT + HOUR), str(AT + 3 * HOUR)

    assert [row["hour"] for row in await rows(tenant, **{"from": first, "to": last})] == [
        488_001,
        488_002,
    ]
    assert len(await rows(tenant, **{"from": last})) == 1
    assert len(await rows(tenant, to=first)) == 1


@pytest.mark.parametrize("moment", ["-1", "yesterday", "1e3", "8640000000000001", "²"])
@pytest.mark.parametrize("name", ["from", "to"])
async def test_a_time_that_is_none_is_refused(tenant: Tenant, name: str, moment: str) -> None:
    async with tenant.api as api:
        answer = await api.get("/api/usage", params={name: moment})

    assert answer.status_code == 400
    assert answer.json() == {"error": f"{name} must be a time in Unix milliseconds."}


async def test_what_has_not_changed_is_not_sent_again(tenant: Tenant) -> None:
    await accepted(tenant, "session", {"externalId": "1", "createdAt": AT, "cost": 1})
    tag = (await get(tenant)).headers["ETag"]

    same = await get(tenant, **{"If-None-Match": f'"another", {tag}'})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["Cache-Control"] == "private, no-cache"

    await accepted(tenant, "session", {"externalId": "1", "cost": 2})
    changed = await get(tenant, **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
