"""How much room everything takes: the page says what is counted here in the database itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.database import rows
from tests.e2e.browser.looks import barriers_in_both_themes, overflow
from tests.e2e.browser.test_cleanup import post
from tests.e2e.browser.test_live import session
from tests.e2e.browser.visitor import PHONE
from tests.e2e.stack import Stack
from tests.generated import Transcript
from tests.processes import eventually

LARGE = "The largest of them"
BYTES = {
    "messages": ("externalId", "textContent", "extra"),
    "parts": ("type", "content"),
}


def made(title: str, project: str, texts: list[str]) -> Transcript:
    one = session(title)
    one.session["projectName"] = project
    for text in texts:
        one.say("user", text)
        one.say("assistant", parts=[{"type": "text", "content": text}])
    return one


@pytest.fixture(scope="module")
def storage_site(tmp_path_factory: pytest.TempPathFactory, dashboard: None) -> Iterator[Site]:
    """One of which storage is measured once: the server remembers the figures for a minute."""
    stack = Stack(tmp_path_factory.mktemp("storage-site"), web=True)
    stack.start()
    try:
        site = Site(stack)
        site.put(made(LARGE, "kiln", ["größer " * 20_000, "and more"]))
        site.put(*(made(f"Small {n}", "orchard", ["A word or two"]) for n in range(3)))
        yield site
    finally:
        stack.stop()


async def settled(site: Site) -> None:
    """Move one session to the trash, unless it was done, and wait until everything is at rest."""
    if not rows(site, "SELECT id FROM trash"):
        await post(site, "/api/cleanup", {"filter": {"q": "Small 2"}})
        eventually(
            lambda: rows(site, "SELECT id FROM trash WHERE status = 'kept'") != [],
            "the session in the trash",
        )


@pytest.fixture
async def page(storage_site: Site, visit_site: Visit) -> Page:
    await settled(storage_site)
    visitor = await visit_site(storage_site.url, "/settings?tab=storage")
    await expect(table(visitor.page, "Rows and size by kind")).to_be_visible()
    return visitor.page


def table(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name=name)


async def line(page: Page, name: str, first: str) -> tuple[int, list[str]]:
    """Return the bytes in a table's line, and its other figures."""
    row = (
        table(page, name)
        .get_by_role("row")
        .filter(has=page.get_by_role("rowheader", name=first, exact=True))
    )
    size = await row.locator("data").get_attribute("value")
    cells = await row.get_by_role("cell").all_inner_texts()
    assert size is not None
    return int(size), cells[1:]


def bytes_of(site: Site, collection: str) -> int:
    found = rows(site, f"SELECT {', '.join(BYTES[collection])} FROM {collection}")
    return sum(len(str(text).encode()) for row in found for text in row if text is not None)


async def test_rows_and_sizes_are_those_of_the_database(storage_site: Site, page: Page) -> None:
    kinds = {"sessions": "Sessions", "messages": "Messages", "trash": "Trash"} | {
        "parts": "Parts: tool calls, output, pictures",
        "messageEmbeddings": "Vectors of messages",
        "sessionEmbeddings": "Vectors of sessions",
    }
    for collection, label in kinds.items():
        size, [count] = await line(page, "Rows and size by kind", label)

        assert int(count) == rows(storage_site, f"SELECT count(*) FROM {collection}")[0][0], label
        if collection in BYTES:
            assert size == bytes_of(storage_site, collection), label
    [(trashed,)] = rows(storage_site, "SELECT sum(bytes) FROM trash")
    assert (await line(page, "Rows and size by kind", "Trash"))[0] == trashed
    shown = await line(page, "What each user keeps", "Local user")
    assert shown[1] == ["3", str(rows(storage_site, "SELECT count(*) FROM messages")[0][0]), "0"]


async def test_the_largest_lead_to_what_they_are(storage_site: Site, page: Page) -> None:
    size, [messages, parts] = await line(page, "Largest sessions", LARGE)
    assert size > 2 * len("größer ".encode()) * 20_000
    assert (messages, parts) == ("4", "2")
    await expect(table(page, "Largest sessions").get_by_role("link").first).to_have_text(LARGE)
    await page.get_by_role("radio", name="Projects").click()
    size, [sessions, messages, parts] = await line(page, "Largest projects", "orchard")
    assert (sessions, messages, parts) == ("2", "4", "2")
    await expect(table(page, "Largest sessions")).to_have_count(0)

    await page.get_by_role("radio", name="Sessions").last.click()
    await page.get_by_role("link", name=LARGE).click()
    await expect(page).to_have_url(re.compile("/sessions/"))
    await expect(page.get_by_role("heading", name=LARGE)).to_be_visible()


async def test_growth_is_told_in_a_chart_and_in_numbers(page: Page) -> None:
    section = page.get_by_role("region", name="Growth")
    await expect(section.locator(".recharts-bar-rectangle").first).to_be_attached()

    await section.get_by_role("radio", name="Sessions").click()
    await section.get_by_role("radio", name="Table").focus()
    await page.keyboard.press("Space")
    weeks = table(page, "Sessions kept, by week")
    await expect(weeks.get_by_role("row")).to_have_count(2)
    await expect(weeks.get_by_role("row").nth(1).get_by_role("cell")).to_have_text(["0", "3", "3"])


async def test_administrators_see_files_and_free_disk(storage_site: Site, page: Page) -> None:
    server = page.get_by_role("region", name="This server")
    async with httpx.AsyncClient(base_url=storage_site.url) as http:
        told = (await http.get("/api/storage")).raise_for_status().json()["server"]
    assert told["database"] > 0 and told["wal"] > 0 and told["disk"]["free"] > 0

    for label, least in (("Database", 1), ("Write-ahead log", 1), ("Vector index", 0)):
        figure = server.locator("dt", has_text=re.compile(f"^{label}$")).locator("+ dd")
        await expect(figure).to_have_text(re.compile(rf"^[{least}-9][\d.]* [KMGT]?B"))
    await expect(server).to_contain_text(re.compile(r"[\d.,]+ [MGT]B free on the disk"))
    disk = server.get_by_role("progressbar", name="Disk in use")
    await expect(disk).to_have_attribute("aria-valuemax", str(told["disk"]["total"]))


async def test_it_is_told_how_far_the_index_in_files_reaches(page: Page) -> None:
    vectors = page.get_by_role("region", name="Vectors", exact=True)
    bar = vectors.get_by_role("progressbar", name="Vectors until a Qdrant server is advised")

    await expect(bar).to_have_attribute("aria-valuemax", "500000")
    await expect(bar).to_have_attribute("aria-valuenow", "0")
    await expect(vectors).to_contain_text("0 vectors")


async def test_storage_fits_on_a_phone_without_barriers(
    storage_site: Site, visit_site: Visit
) -> None:
    await settled(storage_site)
    page = (await visit_site(storage_site.url, "/settings?tab=storage", viewport=PHONE)).page
    await expect(table(page, "What each user keeps")).to_be_visible()
    await page.get_by_role("radio", name="Table").click()

    assert await barriers_in_both_themes(page, "storage-phone") == []
    assert await overflow(page) == []
