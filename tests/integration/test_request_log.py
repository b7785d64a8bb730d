"""The request log of a user, summed up."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.conftest import Tenant, make_tenant

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE


async def logged(tenant: Tenant, *rows: dict[str, Any]) -> None:
    """Put rows into the log of the tenant; `ago` says how old each is, in ms."""
    pocketbase, now = tenant.service.context.pocketbase, tenant.service.context.clock.now()
    for row in rows:
        entry = {"method": "POST", "endpoint": "/sync/batch", "statusCode": 200, **row}
        at = now - entry.pop("ago", 0)
        await pocketbase.create("apiLogs", {"user": tenant.id, "createdAt": at, **entry})


async def summed(tenant: Tenant, **query: str) -> dict[str, Any]:
    async with tenant.service.client(Authorization=await tenant.token()) as http:
        answer = await http.get("/api/request-log", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def busy(tenant: Tenant) -> Tenant:
    await logged(
        tenant,
        {"apiKey": tenant.key_id, "responseTimeMs": 20, "ago": 10 * MINUTE},
        {"apiKey": tenant.key_id, "responseTimeMs": 22, "ago": 11 * MINUTE},
        {"apiKey": tenant.key_id, "responseTimeMs": 800, "statusCode": 503, "ago": 12 * MINUTE},
        {"method": "GET", "endpoint": "/api/search", "responseTimeMs": 5, "ago": 3 * HOUR},
        {"statusCode": 401, "responseTimeMs": 0, "ago": 40 * HOUR},
    )
    return tenant


async def test_requests_are_told_by_key_endpoint_and_status(busy: Tenant) -> None:
    found = await summed(busy, range="7d")

    total = found["total"]
    assert (total["requests"], total["refused"], total["failed"]) == (5, 1, 1)
    with_key = found["keys"][0]
    assert (with_key["id"], with_key["name"], with_key["requests"]) == (busy.key_id, "test", 3)
    assert busy.key.startswith(with_key["prefix"])
    assert (found["keys"][1]["id"], found["keys"][1]["requests"]) == ("", 2)
    lines = {(line["method"], line["endpoint"]): line for line in found["endpoints"]}
    assert lines["POST", "/sync/batch"]["requests"] == 4
    assert lines["POST", "/sync/batch"]["p99"] == pytest.approx(800, rel=0.06)
    assert lines["GET", "/api/search"]["p50"] == pytest.approx(5, rel=0.06)
    assert {line["status"]: line["requests"] for line in found["statuses"]} == {
        200: 3,
        401: 1,
        503: 1,
    }
    assert found["keepDays"] == busy.service.settings.api_log_days


@pytest.mark.parametrize(("span", "requests"), [("1h", 3), ("24h", 4), ("7d", 5), ("30d", 5)])
async def test_a_span_reaches_from_long_ago_to_now(busy: Tenant, span: str, requests: int) -> None:
    found = await summed(busy, range=span)

    assert found["total"]["requests"] == requests
    assert sum(step["requests"] for step in found["steps"]) == requests
    assert found["steps"][0]["start"] == found["from"]
    assert found["steps"][-1]["start"] + found["step"] == found["to"]
    assert found["from"] <= busy.service.context.clock.now() < found["to"] + MINUTE


async def test_filters_hold_together(busy: Tenant) -> None:
    # First: to ask is a request without a key, too, which is logged a moment later.
    none = await summed(busy, range="7d", key="none")
    key = await summed(busy, range="7d", key=busy.key_id)
    search = await summed(busy, range="7d", method="GET", endpoint="/api/search")
    failed = await summed(busy, range="7d", key=busy.key_id, status="503")

    totals = [found["total"]["requests"] for found in (key, none, search, failed)]
    assert totals == [3, 2, 1, 1]


async def test_requests_of_others_do_not_count(busy: Tenant) -> None:
    other = await make_tenant(busy.service)
    await logged(other, {"apiKey": busy.key_id, "endpoint": "/mine", "responseTimeMs": 3})

    found = await summed(busy, range="7d")
    theirs = await summed(other, range="7d", key=busy.key_id)

    assert "/mine" not in {line["endpoint"] for line in found["endpoints"]}
    assert [line["name"] for line in theirs["keys"]] == [""]


async def test_nothing_asked_is_the_last_day_and_nothing_found_is_empty(tenant: Tenant) -> None:
    found = await summed(tenant)

    assert found["to"] - found["from"] == 24 * HOUR
    counts = dict.fromkeys(("requests", "refused", "failed"), 0)
    assert found["total"] == counts | dict.fromkeys(("p50", "p95", "p99"))


@pytest.mark.parametrize(
    "query", [{"range": "2h"}, {"status": "ok"}, {"status": "4"}, {"status": "²00"}]
)
async def test_what_cannot_be_meant_is_refused(tenant: Tenant, query: dict[str, str]) -> None:
    async with tenant.browser as browser:
        answer = await browser.get("/api/request-log", params=query)

    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["error"]
