"""One session: what it shows of each kind of message, and what can be done with it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import Site
from tests.e2e.browser.stored import delete, record, records
from tests.e2e.browser.test_live import live, session
from tests.e2e.browser.visitor import Visitor, until
from tests.generated import Transcript

MESSAGES: Final = 5_000
SECRET: Final = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v"
MASK: Final = "[GitHub token removed]"


@pytest.fixture
async def every_tool(site: Site, visitor: Visitor) -> Page:
    """The session with one of everything, all of it open."""
    page = await visitor.open(f"/sessions/{site.id_of('generated-every-tool')}")
    await expect(page.get_by_text("The tests fail since yesterday").first).to_be_visible()
    await page.get_by_role("button", name="Details").click()
    return page


async def seen(page: Page, text: str) -> None:
    """Scroll through the messages until the text is on the screen."""
    area = page.get_by_role("region", name="Messages")
    found = area.get_by_text(text).first

    async def is_shown() -> bool:
        """Look; where it is not, go on by half a screen, from the end to the beginning."""
        if await found.is_visible():
            return True
        await area.evaluate(
            """area => { const isEnd = area.scrollTop + area.clientHeight >= area.scrollHeight - 1;
                         area.scrollTop = isEnd ? 0 : area.scrollTop + area.clientHeight / 2 }"""
        )
        return False

    await until(is_shown, bool, f"a session with {text!r}")


TOOLS: Final = {
    "thinking": ("The change of yesterday touched the moon's phase.",),
    "a command and its output": ("make test 2>&1 | tail -n 20", "41 passed"),
    "reading a file": ("src/moon.py",),
    "searching": ("SYNODIC", "tests/**/*moon*.py"),
    "things to do": ("Find the wrong constant", "Run the tests again"),
    "a changed file": ("SYNODIC = 29.4", "SYNODIC = 29.530589"),
    "several changes": ("29.53 days", "The moon is done."),
    "a new file": ("# Notes",),
    "a page of the web": ("https://example.org/moon", "44 minutes and 3 seconds"),
    "an agent of its own": ("Compare each constant in src/ with its source.", "others are right."),
    "a tool of an MCP server": ("mcp__almanac__lookup", "waxing"),
    "a failure": ("rm: permission denied",),
    "an answer": ("the almanac",),
}


async def test_each_kind_of_tool_is_shown(every_tool: Page) -> None:
    for texts in TOOLS.values():
        for text in texts:
            await seen(every_tool, text)


async def test_colours_of_a_terminal_are_read_and_never_shown(every_tool: Page) -> None:
    await seen(every_tool, "41 passed")

    text = await every_tool.get_by_role("region", name="Messages").inner_text()
    assert "[32m" not in text
    assert "\x1b" not in text


async def test_a_picture_is_shown(every_tool: Page) -> None:
    await seen(every_tool, "This is how it looks now.")

    picture = every_tool.locator("li img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("img => img.decode().then(() => img.naturalWidth)") == 160


async def test_code_of_an_answer_is_highlighted(every_tool: Page) -> None:
    await seen(every_tool, "days % SYNODIC")

    code = every_tool.locator("pre code", has_text="days % SYNODIC")
    await expect(code.locator("span").first).to_be_visible()
    assert "def age(days: float) -> float:" in await code.inner_text()


async def test_find_goes_from_hit_to_hit_through_the_whole_session(
    site: Site, visitor: Visitor
) -> None:
    page = await visitor.open(f"/sessions/{site.id_of('generated-long')}")
    await expect(page.get_by_text(f"{MESSAGES:,} messages").first).to_be_visible()
    await page.get_by_role("region", name="Messages").focus()

    await page.keyboard.press("Control+f")
    await page.keyboard.type(f"Message 4321 of {MESSAGES}.")
    find = page.get_by_role("search", name="Find in this session")
    await expect(find.get_by_role("status")).to_have_text("1 of 1")
    await page.keyboard.press("Enter")

    await expect(page.get_by_text(f"Message 4321 of {MESSAGES}.").first).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(find).to_have_count(0)


async def test_the_outline_leads_to_a_question(site: Site, visitor: Visitor) -> None:
    page = await visitor.open(f"/sessions/{site.id_of('generated-long')}")
    await expect(page.get_by_text(f"{MESSAGES:,} messages").first).to_be_visible()
    button = page.get_by_role("button", name="Outline", exact=True)
    if await button.get_attribute("aria-expanded") == "false":
        await button.click()
    outline = page.get_by_role("complementary", name="Outline")

    await outline.get_by_role("button", name=f"Message 51 of {MESSAGES}").click()

    shown = page.get_by_role("region", name="Messages").get_by_text(f"Message 51 of {MESSAGES}.")
    await expect(shown.first).to_be_in_viewport()


async def test_a_link_to_a_message_opens_there(site: Site, visitor: Visitor) -> None:
    long = site.id_of("generated-long")
    wanted = site.message_id("generated-long", "generated-long-2999")

    page = await visitor.open(f"/sessions/{long}?m={wanted}")

    text = page.get_by_text(f"Message 3000 of {MESSAGES}.")
    await expect(text.first).to_be_in_viewport()


async def test_a_session_that_does_not_exist_says_so(visitor: Visitor) -> None:
    visitor.expect_problems("404")
    page = await visitor.open("/sessions/doesnotexist000")

    await expect(page.get_by_role("heading", name="There is no such session")).to_be_visible()
    await page.get_by_role("link", name="All sessions").click()
    await expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()


def talk(site: Site, title: str) -> Transcript:
    made = session(f"{title} {uuid.uuid4().hex[:6]}")
    made.say("user", "How far is the **moon**?")
    made.say("assistant", "About 384,400 km.", model="gpt-5-mini", promptTokens=9, durationMs=1_200)
    site.put(made)
    return made


async def test_a_download_has_the_whole_session(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    made = talk(site, "To be kept")
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    await expect(page.get_by_text("384,400").first).to_be_visible()

    markdown = (await downloaded(page, "Download Markdown", tmp_path)).read_text()
    data = json.loads((await downloaded(page, "Download JSON", tmp_path)).read_text())

    assert made.session["title"] in markdown
    assert markdown.index("How far is the **moon**?") < markdown.index("About 384,400 km.")
    assert [one["textContent"] for one in data["messages"]] == [
        "How far is the **moon**?",
        "About 384,400 km.",
    ]


def leaking(site: Site) -> Transcript:
    made = session(f"Leaks {SECRET} {uuid.uuid4().hex[:6]}")
    made.session["projectPath"] = f"/work/{SECRET}"
    made.say("user", f"Is {SECRET} a good token?")
    made.say("assistant", "It is nobody else's business.", model="gpt-5-mini")
    site.put(made)
    return made


async def test_a_download_has_no_secrets(site: Site, visitor: Visitor, tmp_path: Path) -> None:
    page = await visitor.open(f"/sessions/{site.id_of(leaking(site).id)}")
    await expect(page.get_by_text("nobody else's business").first).to_be_visible()

    for item in ("Download Markdown", "Download JSON"):
        file = await downloaded(page, item, tmp_path)
        text = file.read_text()

        assert SECRET not in text + file.name
        assert f"Is {MASK} a good token?" in text
        assert f"/work/{MASK}" in text


async def downloaded(page: Page, item: str, folder: Path) -> Path:
    await page.get_by_role("button", name="More actions").click()
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name=item).click()
    file = await download.value
    await file.save_as(folder / file.suggested_filename)
    return folder / file.suggested_filename


async def test_a_session_is_copied_as_markdown(site: Site, visitor: Visitor) -> None:
    made = talk(site, "To be copied")
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await expect(page.get_by_text("384,400").first).to_be_visible()

    await page.get_by_role("button", name="Copy as Markdown").click()

    await expect(page.get_by_role("button", name="Copy as Markdown")).to_contain_text("Copied")
    copied: str = await page.evaluate("navigator.clipboard.readText()")
    assert "About 384,400 km." in copied


async def test_a_copy_has_no_secrets(site: Site, visitor: Visitor) -> None:
    page = await visitor.open(f"/sessions/{site.id_of(leaking(site).id)}")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy as Markdown")

    await button.click()

    await expect(button).to_contain_text("Copied")
    copied: str = await page.evaluate("navigator.clipboard.readText()")
    assert SECRET not in copied
    assert f"# Leaks {MASK}" in copied
    assert f"Is {MASK} a good token?" in copied


async def test_a_new_title_is_kept(site: Site, visitor: Visitor) -> None:
    made = talk(site, "Badly named")
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    await page.get_by_role("heading", level=1).hover()
    await page.get_by_role("button", name="Rename", exact=True).click()

    await page.get_by_label("Title").fill("Well named")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Well named", level=1)).to_be_visible()
    site.put(made)
    assert (await record(site, made))["title"] == "Well named"


async def test_a_session_is_put_among_the_evals_and_taken_out(site: Site, visitor: Visitor) -> None:
    made = talk(site, "To be judged")
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")

    await page.get_by_role("button", name="Add to evals").click()
    await expect(page.get_by_role("button", name="Remove from evals")).to_be_visible()
    assert (await record(site, made))["evalReady"] is True

    await page.get_by_role("button", name="Remove from evals").click()
    await expect(page.get_by_role("button", name="Add to evals")).to_be_visible()
    assert (await record(site, made))["evalReady"] is False


async def test_deleting_asks_first_and_leads_to_the_list(site: Site, visitor: Visitor) -> None:
    made = talk(site, "To be deleted")
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Delete").click()
    question = page.get_by_role("alertdialog", name="Delete this session?")
    await expect(question).to_contain_text(made.session["title"])

    await question.get_by_role("button", name="Delete").click()

    await expect(page.get_by_role("heading", name="Sessions", level=1)).to_be_visible()
    await expect(page.get_by_role("link", name=made.session["title"])).to_have_count(0)
    assert await records(site, made.session["title"]) == []


async def test_windows_give_the_focus_back_to_what_opened_them(
    site: Site, visitor: Visitor
) -> None:
    page = await visitor.open(f"/sessions/{site.id_of(talk(site, 'Only looked at').id)}")
    share = page.get_by_role("button", name="Share")
    more = page.get_by_role("button", name="More actions")

    await share.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(share).to_be_focused()

    await more.press("Enter")
    await page.get_by_role("menuitem", name="Delete").press("Enter")
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(more).to_be_focused()


async def test_a_session_deleted_elsewhere_leaves_the_open_page(
    site: Site, visitor: Visitor
) -> None:
    visitor.expect_problems("404")
    made = talk(site, "Soon gone")
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    await expect(page.get_by_text("384,400").first).to_be_visible()
    await live(page)

    await delete(site, made)

    await expect(page.get_by_role("heading", name="There is no such session")).to_be_visible()
