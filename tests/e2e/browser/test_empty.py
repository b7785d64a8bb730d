"""Pages that have nothing yet say what they are for and how to begin."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.looks import barriers, overflow
from tests.e2e.browser.visitor import PHONE

PAGES = {
    "/evals": "Select sessions there and add them to evals",
    "/cleanup": "Choose conditions to see which sessions they mean",
    "/cleanup?untitled=true": "No session meets these conditions",
    "/cleanup?tab=trash": "Sessions that are deleted stay here for 30 days",
    "/cleanup?tab=rules": "A rule cleans up once a day",
    "/settings?tab=storage": "Connect an agent to begin",
}


async def test_a_page_without_anything_says_how_to_begin(own_site: Site, visit_site: Visit) -> None:
    visitor = await visit_site(own_site.url, None, viewport=PHONE)
    for path, text in PAGES.items():
        page = await visitor.open(path)

        await expect(page.get_by_text(text).first).to_be_visible()
        assert await barriers(page) == [], path
        assert await overflow(page) == [], path
    await visitor.open("/evals")
    await page.get_by_role("link", name="To the sessions").click()
    await expect(page.get_by_role("heading", name="No sessions yet")).to_be_visible()
    await visitor.open("/cleanup")
    await page.get_by_role("button", name="Not touched for 180 days").click()
    await expect(page.get_by_role("heading", name="Nothing to clean up")).to_be_visible()
