"""The search page, and the palette that every page has."""

from __future__ import annotations

import re
import uuid

import httpx
from playwright.async_api import expect

from tests.e2e.browser.conftest import Site
from tests.e2e.browser.test_live import session
from tests.e2e.browser.visitor import Visitor
from tests.generated import Transcript
from tests.processes import eventually


def told(site: Site) -> tuple[str, Transcript]:
    """Put a session in whose middle there is a word that nobody else has used."""
    word = f"zyx{uuid.uuid4().hex[:8]}"
    made = session(f"About needles in haystacks {word[:6]}")
    for number in range(30):
        made.say("user", f"Straw number {number}, and nothing else of note.")
        made.say("assistant", f"Indeed, straw {number}." + (f" And a {word}!" * (number == 20)))
    site.put(made)
    eventually(lambda: found(site, word), f"The search finds {word}")
    return word, made


def found(site: Site, word: str) -> bool:
    answer = httpx.get(f"{site.url}/api/search", params={"q": word}).raise_for_status()
    return bool(answer.json()["results"])


async def test_what_is_typed_is_found_and_highlighted(site: Site, visitor: Visitor) -> None:
    word, _ = told(site)
    page = await visitor.open("/search")

    await page.get_by_label("Search your sessions").fill(word)
    await expect(page).to_have_url(re.compile(f"q={word}"))

    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(page.locator("article mark")).to_have_text([word])
    await expect(page.get_by_role("status").filter(has_text="1 result")).to_be_visible()


async def test_the_mode_that_was_used_is_told_when_it_is_not_the_one_asked_for(
    site: Site, visitor: Visitor
) -> None:
    word, _ = told(site)
    page = await visitor.open(f"/search?q={word}")

    await page.get_by_role("radio", name="Semantic").click()

    await expect(page.get_by_text("Searched by words only.")).to_be_visible()
    await page.get_by_role("radio", name="Full text").click()
    await expect(page.get_by_text("Searched by words only.")).to_have_count(0)


async def test_a_preview_opens_at_the_hit_and_leads_to_the_message(
    site: Site, visitor: Visitor
) -> None:
    word, made = told(site)
    page = await visitor.open(f"/search?q={word}&scope=messages")

    await page.get_by_role("button", name=made.session["title"]).click()
    preview = page.get_by_role("complementary", name="Preview")
    await expect(preview.get_by_text(word)).to_be_in_viewport()
    await preview.get_by_role("link", name="Open session").click()

    await expect(page.get_by_role("heading", name=made.session["title"], level=1)).to_be_visible()
    hit = page.get_by_role("region", name="Messages").get_by_text(word)
    await expect(hit).to_be_in_viewport()


async def test_escape_closes_the_preview(site: Site, visitor: Visitor) -> None:
    word, made = told(site)
    page = await visitor.open(f"/search?q={word}")
    await page.get_by_role("button", name=made.session["title"]).click()
    await expect(page.get_by_role("complementary", name="Preview")).to_be_visible()

    await page.keyboard.press("Escape")

    await expect(page.get_by_role("complementary", name="Preview")).to_have_count(0)


async def test_a_filter_narrows_what_is_found(site: Site, visitor: Visitor) -> None:
    word, _ = told(site)
    page = await visitor.open(f"/search?q={word}&source=codex-cli")
    await expect(page.get_by_role("article")).to_have_count(1)

    await visitor.open(f"/search?q={word}&source=pi")
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    await page.get_by_role("button", name="Clear filters").click()

    await expect(page.get_by_role("article")).to_have_count(1)


async def test_more_results_come_as_one_scrolls(visitor: Visitor) -> None:
    page = await visitor.open("/search?q=pagination&type=fulltext")
    results = page.get_by_role("article")
    await expect(results.first).to_be_visible()
    seen: set[str] = set()

    for _ in range(60):
        seen.update(await results.locator("a").evaluate_all("links => links.map(l => l.href)"))
        if len(seen) > 60:
            break
        await results.last.scroll_into_view_if_needed()
        await page.mouse.wheel(0, 1_000)
        await page.wait_for_timeout(50)

    assert len(seen) > 60


async def test_what_was_found_is_copied_as_context(site: Site, visitor: Visitor) -> None:
    word, made = told(site)
    page = await visitor.open(f"/search?q={word}")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    await page.get_by_role("button", name="Copy as context").click()

    await expect(page.get_by_text("Copied passages of 1 session")).to_be_visible()
    copied: str = await page.evaluate("navigator.clipboard.readText()")
    assert word in copied
    assert made.session["title"] in copied


async def test_a_search_for_nothing_known_says_so(visitor: Visitor) -> None:
    page = await visitor.open("/search?q=qqqwwweee&type=fulltext")

    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


async def test_the_palette_finds_a_session_by_its_title(site: Site, visitor: Visitor) -> None:
    _, made = told(site)
    page = await visitor.open("/settings")
    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()

    await page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search and commands")
    await palette.get_by_role("combobox").fill(made.session["title"])
    option = palette.get_by_role("option").filter(has_text=made.session["title"]).last
    await expect(option).to_be_visible()
    await option.click()

    await expect(page.get_by_role("heading", name=made.session["title"], level=1)).to_be_visible()
    await expect(palette).to_have_count(0)


async def test_the_palette_runs_commands_with_keys_alone(visitor: Visitor) -> None:
    page = await visitor.open("/")
    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()

    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("dialog", name="Search and commands")).to_be_visible()
    await page.keyboard.type("dark theme")
    await expect(page.get_by_role("option", name="Dark theme", exact=True)).to_be_visible()
    await page.keyboard.press("Enter")

    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_the_palette_gives_the_focus_back(visitor: Visitor) -> None:
    page = await visitor.open("/settings")
    button = page.get_by_role("button", name=re.compile("^Search"))
    await button.click()
    await expect(page.get_by_role("dialog", name="Search and commands")).to_be_visible()

    await page.keyboard.press("Escape")

    await expect(button).to_be_focused()
