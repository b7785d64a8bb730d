"""A session's messages page by page, and later only what changed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from sidecar.domain import ids
from tests.conftest import Tenant
from tests.stored import accepted

Body = dict[str, Any]
MS = 1_760_000_000_000
SECRET = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v"


def message(number: int, **change: Any) -> Body:
    part = {"type": "text", "content": f"text {number}"}
    known = {"externalId": f"m{number}", "createdAt": MS + number, "parts": [part]}
    return {"sessionExternalId": "s", "role": "assistant", **known, **change}


@asynccontextmanager
async def reader(tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with tenant.service.client(Authorization=await tenant.token()) as http:
        yield http


async def page(tenant: Tenant, **query: str) -> Body:
    path = f"/api/sessions/{ids.session_id(tenant.id, 's')}/transcript"
    async with reader(tenant) as http:
        answer = await http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    shown: Body = answer.json()
    return shown


def names(shown: Body) -> list[str]:
    return [message["externalId"] for message in shown["messages"]]


async def settled(tenant: Tenant) -> str:
    """Return the watermark once nothing that was written is younger than it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        watermark: str = (await page(tenant, limit="1"))["watermark"]
        if names(await page(tenant, since=watermark)) == []:
            return watermark
    raise AssertionError("Messages stay younger than the watermark.")


async def test_the_cursor_leads_through_all_messages_in_order_once_each(tenant: Tenant) -> None:
    # Many in one millisecond, so that arrival and id decide.
    messages = [message(number, createdAt=MS + number // 10) for number in range(25)]
    await accepted(tenant, "batch", {"messages": messages})

    found: list[str] = []
    sizes: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        shown = await page(tenant, limit="10", after=cursor)
        found += names(shown)
        sizes.append(len(shown["messages"]))
        cursor = shown["cursor"]

    assert sorted(found) == sorted(f"m{number}" for number in range(25))
    assert sizes == [10, 10, 5]
    assert found == names(await page(tenant))


async def test_a_message_comes_with_its_parts_and_its_place(tenant: Tenant) -> None:
    await accepted(tenant, "message", message(1))

    [shown] = (await page(tenant))["messages"]
    assert shown["parts"] == [{"type": "text", "content": "text 1"}]
    assert shown["createdAt"] == MS + 1
    assert isinstance(shown["seq"], int)


async def test_masked_pages_have_no_secrets_and_what_the_session_is_called(
    tenant: Tenant,
) -> None:
    session = {"externalId": "s", "title": f"About {SECRET}", "projectPath": f"/x/{SECRET}"}
    parts = [
        {"type": "text", "content": f"it is {SECRET}"},
        {"type": "tool-call", "content": {"args": {SECRET: [f"echo {SECRET}"]}}},
    ]
    messages = [message(n, textContent=SECRET, parts=parts) for n in range(3)]
    await accepted(tenant, "batch", {"sessions": [session], "messages": messages})

    plain = await page(tenant, limit="2", masked="false")
    first = await page(tenant, limit="2", masked="true")
    rest = await page(tenant, limit="2", masked="true", after=first["cursor"])

    assert SECRET in json.dumps(plain)
    assert SECRET not in json.dumps([first, rest])
    assert "session" not in plain
    assert first["session"]["title"] == "About [GitHub token removed]"
    assert first["session"]["projectPath"] == "/x/[GitHub token removed]"
    assert (names(first), names(rest)) == (["m0", "m1"], ["m2"])
    assert first["cursor"] == plain["cursor"]
    assert first["messages"][0]["parts"] == [
        {"type": "text", "content": "it is [GitHub token removed]"},
        {
            "type": "tool-call",
            "content": {
                "args": {"[GitHub token removed]": ["echo [GitHub token removed]"]},
            },
        },
    ]


async def test_after_the_watermark_come_new_and_changed_messages_only(tenant: Tenant) -> None:
    await accepted(tenant, "batch", {"messages": [message(number) for number in range(5)]})
    watermark = await settled(tenant)

    await accepted(tenant, "message", message(9))
    parts = [{"type": "text", "content": "edited"}]
    await accepted(tenant, "message", message(2, parts=parts))

    changed = await page(tenant, since=watermark)
    assert names(changed) == ["m2", "m9"]
    assert changed["messages"][0]["parts"] == parts
    assert changed["cursor"] is None


async def test_changes_come_in_pages_too(tenant: Tenant) -> None:
    await accepted(tenant, "message", message(0))
    watermark = await settled(tenant)
    await accepted(tenant, "batch", {"messages": [message(number) for number in range(1, 6)]})

    first = await page(tenant, since=watermark, limit="3")
    second = await page(tenant, since=watermark, limit="3", after=first["cursor"])
    assert (names(first), names(second)) == (["m1", "m2", "m3"], ["m4", "m5"])


async def test_a_session_without_messages_has_an_empty_page(tenant: Tenant) -> None:
    await accepted(tenant, "session", {"externalId": "s"})

    assert await page(tenant) == {"messages": [], "cursor": None, "watermark": ""}


@pytest.mark.parametrize(
    "query",
    [
        *({"after": value} for value in ("x", "1:2", f"1:2:{'A' * 15}", "1:2:' || 1=1", "-1:0:")),
        *({"since": value} for value in ("x", "2026-11-23", "' OR ''='", "9" * 24)),
        *({"limit": value} for value in ("0", "-1", "x")),
        *({"masked": value} for value in ("1", "yes")),
    ],
    ids=str,
)
async def test_what_was_not_given_out_is_refused(tenant: Tenant, query: dict[str, str]) -> None:
    await accepted(tenant, "session", {"externalId": "s"})
    path = f"/api/sessions/{ids.session_id(tenant.id, 's')}/transcript"

    async with reader(tenant) as http:
        answer = await http.get(path, params=query)

    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


async def test_the_messages_of_another_user_do_not_exist(tenant: Tenant, other: Tenant) -> None:
    await accepted(other, "message", message(1))
    theirs = ids.session_id(other.id, "s")

    async with reader(tenant) as http:
        for id in (theirs, "0" * 15, "x"):
            for query in ({}, {"masked": "true"}):
                answer = await http.get(f"/api/sessions/{id}/transcript", params=query)
                assert answer.status_code == 404
                assert answer.json() == {"error": "Session not found"}
