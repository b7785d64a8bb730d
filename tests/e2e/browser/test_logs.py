"""What was asked for with which key, how it ended and how long it took."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.database import change, rows
from tests.e2e.browser.looks import barriers, barriers_in_both_themes, overflow
from tests.e2e.browser.visitor import PHONE
from tests.processes import eventually

FOUND, ABSENT, REFUSED = 3, 2, 1  # requests, by how they are answered
ALL = FOUND + ABSENT + REFUSED


@pytest.fixture
def key(small_site: Site) -> Iterator[str]:
    """The name of a key with which some requests were made, which are written down by now."""
    name = f"key {uuid.uuid4().hex[:8]}"
    headers = {"Origin": small_site.url, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=small_site.url, timeout=30) as api:
        made = api.post("/api/keys", json={"name": name}, headers=headers).raise_for_status().json()
        id = made["record"]["id"]
        api.headers["Authorization"] = f"Bearer {made['key']}"
        for _ in range(FOUND):
            api.get("/api/search?q=anything").raise_for_status()
        for _ in range(ABSENT):
            assert api.get("/api/sessions/get?id=nothing").status_code == 404
        for _ in range(REFUSED):
            assert api.post("/sync/session", content=b"{").status_code == 400
        eventually(lambda: logged(small_site, id) == ALL, "the rows of the log")
        yield name
        del api.headers["Authorization"]
        api.delete(f"/api/keys/{id}", headers=headers).raise_for_status()


def logged(site: Site, key: str) -> int:
    [(count,)] = rows(site, "SELECT count(*) FROM apiLogs WHERE apiKey = ?", key)
    return int(count)


async def choose(page: Page, filter: str, option: str) -> None:
    await page.get_by_role("combobox", name=filter, exact=True).click()
    await page.get_by_role("option", name=option, exact=True).click()


def figure(page: Page, label: str) -> Locator:
    term = page.get_by_role("term").filter(has_text=re.compile(f"^{re.escape(label)}$"))
    return page.locator("dl > div").filter(has=term).get_by_role("definition")


def lines(page: Page, table: str) -> Locator:
    """The lines of a table without its head."""
    return page.get_by_role("table", name=table).locator("tbody tr")


async def test_the_requests_of_a_key_are_there_with_status_and_time(
    small_site: Site, visit_site: Visit, key: str
) -> None:
    page = (await visit_site(small_site.url, "/settings?tab=logs")).page
    await choose(page, "Key", key)

    await expect(figure(page, "Requests")).to_have_text(str(ALL))
    await expect(figure(page, "Refused (4xx)")).to_have_text("3 (50.0%)")
    await expect(figure(page, "Failed (5xx)")).to_have_text("0")
    for label in ("Half within", "95% within", "99% within"):
        await expect(figure(page, label)).to_have_text(re.compile(r"^(< )?\d+(\.\d)? m?s$"))
    last = lines(page, "Requests one by one")
    await expect(last).to_have_count(ALL)
    await expect(last.first).to_contain_text("400")
    await expect(last.first).to_contain_text("POST /sync/session")
    await expect(last.first).to_contain_text(key)
    await expect(last.last).to_contain_text("200")
    await expect(last.last).to_contain_text("GET /api/search")
    await expect(last.last).to_contain_text(re.compile(r"\d m?s"))
    assert await barriers(page) == []

    await page.reload()
    await expect(figure(page, "Requests")).to_have_text(str(ALL))
    await page.get_by_role("button", name="Clear", exact=True).click()
    await expect(page.get_by_role("combobox", name="Key")).to_have_text("All keys")


async def test_errors_are_found_by_status_and_by_endpoint(
    small_site: Site, visit_site: Visit, key: str
) -> None:
    page = (await visit_site(small_site.url, "/settings?tab=logs")).page
    await choose(page, "Key", key)
    await expect(lines(page, "Requests by endpoint")).to_have_count(3)
    absent = lines(page, "Requests by endpoint").filter(has_text="GET /api/sessions/get")
    await expect(absent.get_by_role("cell").first).to_have_text(str(ABSENT))

    await choose(page, "Status", "404")
    await expect(page).to_have_url(re.compile("status=404"))
    await expect(lines(page, "Requests one by one")).to_have_count(ABSENT)
    await expect(figure(page, "Refused (4xx)")).to_have_text(f"{ABSENT} (100.0%)")
    await choose(page, "Status", "Any status")
    await page.get_by_role("radio", name="Status").click()
    await expect(lines(page, "Requests by status")).to_have_count(3)
    wrong = lines(page, "Requests by status").get_by_role("button", name="400")
    await wrong.focus()
    await page.keyboard.press("Enter")

    await expect(lines(page, "Requests one by one")).to_have_count(REFUSED)
    await choose(page, "Endpoint", "GET /api/search")
    await expect(page.get_by_text("No requests here.")).to_be_visible()
    assert await barriers(page) == []


async def test_new_requests_come_with_a_refresh_and_as_numbers(
    small_site: Site, visit_site: Visit, key: str
) -> None:
    page = (await visit_site(small_site.url, "/settings?tab=logs&range=1h&table=true")).page
    await choose(page, "Key", key)
    steps = lines(page, "Requests over time")
    await expect(steps.first).to_be_visible()
    counts = await steps.get_by_role("cell").first.inner_text()
    assert int(counts) <= ALL
    await expect(page.get_by_text("Kept for 30 days; OPENSYNC_API_LOG_DAYS")).to_be_visible()

    [(id,)] = rows(small_site, "SELECT id FROM apiKeys WHERE name = ?", key)
    [(user,)] = rows(small_site, "SELECT user FROM apiKeys WHERE id = ?", id)
    made = await page.evaluate("Date.now()")
    change(
        small_site,
        "INSERT INTO apiLogs (id, user, apiKey, endpoint, method, statusCode, responseTimeMs,"
        " createdAt) VALUES (?, ?, ?, '/api/stats', 'GET', 503, 4321, ?)",
        uuid.uuid4().hex[:15],
        user,
        id,
        made,
    )
    await page.get_by_role("button", name="Refresh").click()

    await expect(figure(page, "Requests")).to_have_text(str(ALL + 1))
    await expect(figure(page, "Failed (5xx)")).to_have_text("1 (14.3%)")
    await expect(lines(page, "Requests one by one").first).to_contain_text("4.3 s")


async def test_the_log_fits_on_a_phone_without_barriers(
    small_site: Site, visit_site: Visit, key: str
) -> None:
    page = (await visit_site(small_site.url, "/settings?tab=logs", viewport=PHONE)).page
    await choose(page, "Key", key)
    await expect(figure(page, "Requests")).to_have_text(str(ALL))
    await expect(page.locator(".recharts-bar-rectangle").first).to_be_attached()

    assert await barriers_in_both_themes(page, "logs-phone") == []
    assert await overflow(page) == []
