"""The frame around every page: signing in, navigation, theme, what happens without a server."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.visitor import PHONE, Visitor


async def test_the_first_page_is_the_overview_of_the_person_who_is_signed_in(
    visitor: Visitor,
) -> None:
    page = await visitor.open()

    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    await page.get_by_role("button", name="Account").click()
    await expect(page.get_by_role("menu")).to_contain_text("local@opensync.local")


async def test_a_page_that_does_not_exist_says_so_and_leads_back(visitor: Visitor) -> None:
    page = await visitor.open("/nowhere")

    await expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    await page.get_by_role("link", name="Go to the overview").click()

    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


async def test_a_chosen_theme_outlives_a_reload_and_the_system(visitor: Visitor) -> None:
    page = await visitor.open("/settings")
    body = page.locator("body")
    light = await _background(page)

    await page.get_by_role("button", name="Theme").click()
    await page.get_by_role("menuitemradio", name="Dark").click()

    await expect(body).not_to_have_css("background-color", light)
    await page.reload()
    dark = await _background(page)
    assert dark != light
    await page.emulate_media(color_scheme="dark")
    assert await _background(page) == dark


async def test_without_a_choice_the_theme_follows_the_system(visitor: Visitor) -> None:
    page = await visitor.open("/settings")
    light = await _background(page)

    await page.emulate_media(color_scheme="dark")

    await expect(page.locator("body")).not_to_have_css("background-color", light)


async def _background(page: Page) -> str:
    colour: str = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


async def test_the_policy_for_scripts_is_strict(site: Site, visitor: Visitor) -> None:
    for path in ("/", "/sessions", "/s/unknown"):
        answer = await visitor.page.request.get(site.url + path)
        policy = answer.headers["content-security-policy"]
        directives = dict(d.strip().partition(" ")[::2] for d in policy.split(";"))
        scripts = directives.get("script-src", directives["default-src"])
        assert "unsafe-inline" not in scripts
        assert "unsafe-eval" not in scripts
        assert directives["object-src"] == "'none'"
        assert directives["base-uri"] == "'none'"


async def test_an_inline_script_would_be_refused(visitor: Visitor) -> None:
    page = await visitor.open("/settings")
    visitor.expect_problems("Content-Security-Policy|Content Security Policy")

    await page.evaluate(
        """() => { const script = document.createElement("script");
                   script.textContent = "window.ran = true"; document.body.append(script); }"""
    )

    assert not await page.evaluate("'ran' in window")
    assert any("script-src" in problem for problem in visitor.problems)


async def test_on_a_phone_the_navigation_is_at_the_bottom(site: Site, visit_site: Visit) -> None:
    visitor = await visit_site(site.url, "/", viewport=PHONE)
    page = visitor.page

    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Sessions")
    await link.tap()

    await expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()
    box = await link.bounding_box()
    assert box is not None and box["y"] > PHONE["height"] - 80


async def test_the_whole_frame_is_walked_with_keys_alone(visitor: Visitor) -> None:
    page = await visitor.open("/settings")
    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()

    for keys, heading in (
        ("gs", "Sessions"),
        ("gf", "Search"),
        ("ge", "Evals"),
        ("go", "Overview"),
    ):
        await page.locator("body").press("Escape")
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.type(keys)
        await expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()

    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    while not await page.evaluate("document.activeElement.matches('nav a[href=\"/sessions\"]')"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()


async def test_an_agent_chosen_in_the_frame_narrows_every_page(visitor: Visitor) -> None:
    page = await visitor.open("/")
    await page.get_by_role("banner").get_by_role("button", name="Pi", exact=True).click()
    await expect(page).to_have_url(re.compile("source=pi"))

    await page.get_by_role("link", name="Sessions").first.click()

    await expect(page).to_have_url(re.compile("source=pi"))
    await expect(page.get_by_role("gridcell").filter(has_text="Pi").first).to_be_visible()
    await expect(page.get_by_role("gridcell").filter(has_text="Claude Code")).to_have_count(0)
