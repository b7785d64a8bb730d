"""Every page as it looks: in both themes, on a phone, to somebody who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.looks import SCREENSHOTS, THEMES, barriers, overflow, picture, settled
from tests.e2e.browser.visitor import PHONE
from tests.generated import many
from tests.showcase import every_tool


@dataclass(frozen=True)
class View:
    """A page, and the heading and the text by which one sees that it is all there."""

    name: str
    path: str
    heading: str
    text: str


END: Final = 1_749_656_700_000  # a Wednesday afternoon
README_PICTURES: Final = ("readme-overview", "readme-session")

VIEWS: Final = (
    View("overview", "/", "Overview", "night-train"),
    View("sessions", "/sessions", "Sessions", "A week of rebuilding the night train"),
    View("session", "/sessions/{every-tool}", "Every tool once", "The tests fail since yesterday"),
    View("search", "/search", "Search", ""),
    View("evals", "/evals", "Evals", ""),
    View("cleanup", "/cleanup", "Clean up", ""),
    View("settings", "/settings", "Settings", "local@opensync.local"),
    View("not-found", "/nowhere", "There is no such page", "mistyped"),
)


async def opened(site: Site, visit_site: Visit, view: View, **options: object) -> Page:
    path = view.path.replace("{every-tool}", site.id_of("generated-every-tool"))
    page = (await visit_site(site.url, path, **options)).page
    await expect(page.get_by_role("heading", name=view.heading).first).to_be_visible()
    if view.text:
        await expect(page.get_by_text(view.text).first).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    return page


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
async def test_a_page_has_no_barrier_in_either_theme(
    site: Site, visit_site: Visit, view: View
) -> None:
    page = await opened(site, visit_site, view)
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        await settled(page)
        assert await barriers(page) == []
        await picture(page, f"{view.name}-{theme}")


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
async def test_a_page_fits_on_a_phone(site: Site, visit_site: Visit, view: View) -> None:
    page = await opened(site, visit_site, view, viewport=PHONE)

    assert await overflow(page) == []
    assert await barriers(page) == []
    await picture(page, f"{view.name}-phone")


async def test_windows_above_the_list_have_no_barrier(site: Site, visit_site: Visit) -> None:
    page = (await visit_site(site.url, "/sessions", theme="dark")).page
    await expect(page.get_by_role("grid").get_by_role("link").first).to_be_visible()

    filters = page.get_by_role("search")
    for name in ("Agent", "Updated", "More filters"):
        await filters.get_by_role("button", name=name).click()
        if name == "Agent":
            await expect(page.get_by_role("option").first).to_be_visible()
        assert await barriers(page) == [], name
        await page.keyboard.press("Escape")
    await page.get_by_role("grid").get_by_role("checkbox").nth(1).check()
    for name in ("Tags", "Delete"):
        await page.get_by_role("toolbar").get_by_role("button", name=name).click()
        await expect(
            page.get_by_role("dialog").or_(page.get_by_role("alertdialog"))
        ).to_be_visible()
        assert await barriers(page) == [], name
        await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("option").first).to_be_visible()
    assert await barriers(page) == []
    await picture(page, "palette-dark")


async def test_the_timeline_has_no_barrier(site: Site, visit_site: Visit) -> None:
    page = (await visit_site(site.url, "/sessions?view=timeline")).page
    await expect(page.get_by_role("main").get_by_role("link").first).to_be_visible()

    assert await barriers(page) == []
    await picture(page, "timeline-light")


async def test_windows_above_a_session_have_no_barrier(site: Site, visit_site: Visit) -> None:
    path = f"/sessions/{site.id_of('generated-every-tool')}"
    page = (await visit_site(site.url, path)).page
    await expect(page.get_by_text("The tests fail since yesterday").first).to_be_visible()

    await page.get_by_role("button", name="Details").click()
    await page.keyboard.press("Control+f")
    await page.keyboard.type("moon")
    assert await barriers(page) == []
    await picture(page, "session-find-light")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Share").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await barriers(page) == []
    await picture(page, "share-light")


async def test_search_results_have_no_barrier(site: Site, visit_site: Visit) -> None:
    page = (await visit_site(site.url, "/search?q=pagination", theme="dark")).page
    await page.get_by_role("article").get_by_role("button").first.click()
    await expect(page.get_by_role("complementary", name="Preview")).to_be_visible()

    assert await barriers(page) == []
    await picture(page, "search-results-dark")


async def test_pictures_for_the_readme(own_site: Site, visit_site: Visit) -> None:
    """Made once: what is under version control would change a little with every run."""
    if all((SCREENSHOTS / f"{name}.png").exists() for name in README_PICTURES):
        pytest.skip("They are there. Delete them to have new ones.")
    own_site.put(every_tool(END), *many(1_200, END, days=45))
    session = f"/sessions/{own_site.id_of('generated-every-tool')}"
    places = (("/", "Recent sessions"), (session, "I run the tests first."))
    for name, theme, (path, text) in zip(README_PICTURES, THEMES, places, strict=True):
        visitor = await visit_site(own_site.url, None, theme=theme)
        await visitor.page.clock.set_fixed_time(END / 1000)
        page = await visitor.open(path)
        await expect(page.get_by_text(text).first).to_be_visible()
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        if path == "/":
            await expect(page.locator(".recharts-bar-rectangle").first).to_be_attached()
        await picture(page, name)
