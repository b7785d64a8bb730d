"""A session that its owner shows to others."""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.looks import barriers, overflow, picture
from tests.e2e.browser.stored import record
from tests.e2e.browser.test_live import session
from tests.e2e.browser.visitor import PHONE, Visitor
from tests.generated import Transcript
from tests.showcase import HOSTILE_TEXTS, call

SECRET = "sk-proj-4f9aB7cD2eF6gH1iJ8kL3mN5oP0qR"  # made up


def talk(site: Site) -> Transcript:
    made = session(f"Worth showing {uuid.uuid4().hex[:6]}")
    made.session |= {"projectName": "secret-plans", "projectPath": "/home/dev/secret-plans"}
    made.session |= {"cost": 12.34, "promptTokens": 1_000, "completionTokens": 100}
    made.say("user", f"Use the key {SECRET} in /home/dev/secret-plans/main.py, please.")
    made.say("assistant", "It is **done**.", parts=[{"type": "text", "content": "It is **done**."}])
    made.say("assistant", parts=[call("Read", file_path="/home/dev/secret-plans/main.py")])
    made.say("user", HOSTILE_TEXTS["script"])
    site.put(made)
    return made


async def publish(page: Page, *also: str) -> str:
    """Publish the session that is open, and return the address it got."""
    await page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Publish this session?")
    await expect(dialog).to_contain_text("Visible to everybody with the link")
    for name in also:
        await dialog.get_by_label(name).check()
    await dialog.get_by_role("button", name="Publish").click()
    link = page.get_by_role("textbox", name="Public link")
    await expect(link).to_have_value(re.compile("/s/"))
    return await link.input_value()


async def test_a_published_session_shows_what_was_agreed_and_nothing_else(
    site: Site, visitor: Visitor, visit_site: Visit
) -> None:
    made = talk(site)
    url = await publish(await visitor.open(f"/sessions/{site.id_of(made.id)}"))
    stranger = await visit_site(site.url, None)
    asked: list[str] = []
    stranger.page.on("request", lambda request: asked.append(urlsplit(request.url).path))

    page = await stranger.open(urlsplit(url).path)

    await expect(page.get_by_role("heading", name=made.session["title"], level=1)).to_be_visible()
    await expect(page.get_by_text("done", exact=True)).to_be_visible()
    text = await page.locator("body").inner_text()
    for private in (SECRET, "secret-plans", "12.34", "local@opensync.local"):
        assert private not in text
    assert "<script>window.boom" in text
    assert not [path for path in asked if path.startswith(("/api/me", "/api/collections"))]
    assert await barriers(page) == []
    await picture(page, "public-light")


async def test_what_the_owner_ticks_is_shown_too(
    site: Site, visitor: Visitor, visit_site: Visit
) -> None:
    made = talk(site)
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    url = await publish(page, "Project and paths", "Cost")

    page = (await visit_site(site.url, urlsplit(url).path, theme="dark")).page

    await expect(page.get_by_text("$12.34")).to_be_visible()
    await expect(page.get_by_text("/home/dev/secret-plans").first).to_be_visible()
    assert SECRET not in await page.locator("body").inner_text()
    assert await barriers(page) == []
    await picture(page, "public-dark")


async def test_a_link_cannot_be_guessed_and_is_kept_from_search_engines(
    site: Site, visitor: Visitor
) -> None:
    made = talk(site)
    url = await publish(await visitor.open(f"/sessions/{site.id_of(made.id)}"))
    slug = urlsplit(url).path.rpartition("/")[2]

    async with httpx.AsyncClient() as client:
        page = await client.get(url)
        data = await client.get(f"{site.url}/api/public/{slug}")
    assert len(slug) >= 22  # 128 bits in base64
    assert "noindex" in page.headers["x-robots-tag"]
    assert "noindex" in data.headers["x-robots-tag"]
    assert re.search(r'<meta property="og:title" content="[^"]*Worth showing', page.text)
    assert "secret-plans" not in page.text


async def test_made_private_the_link_is_dead_and_a_new_one_differs(
    site: Site, visitor: Visitor, visit_site: Visit
) -> None:
    made = talk(site)
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    first = await publish(page)

    await page.get_by_role("button", name="Make private").click()
    await expect(page.get_by_role("dialog", name="Publish this session?")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Share", exact=True)).to_be_visible()
    assert (await record(site, made))["isPublic"] is False
    stranger = await visit_site(site.url, None)
    stranger.expect_problems("404")
    await stranger.open(urlsplit(first).path)
    await expect(stranger.page.get_by_role("heading", name="no published session")).to_be_visible()

    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    assert await publish(page) != first


async def test_a_link_that_never_was_says_the_same(site: Site, visit_site: Visit) -> None:
    visitor = await visit_site(site.url, None, viewport=PHONE)
    visitor.expect_problems("404")

    page = await visitor.open("/s/never-was-never-was-never")

    await expect(page.get_by_role("heading", name="no published session")).to_be_visible()
    assert await barriers(page) == []


async def test_a_published_session_fits_on_a_phone(
    site: Site, visitor: Visitor, visit_site: Visit
) -> None:
    every_tool = site.id_of("generated-every-tool")
    url = await publish(await visitor.open(f"/sessions/{every_tool}"))

    page = (await visit_site(site.url, urlsplit(url).path, viewport=PHONE)).page

    await expect(page.get_by_text("The tests fail since yesterday").first).to_be_visible()
    assert await overflow(page) == []
    assert await barriers(page) == []
    await picture(page, "public-phone")
