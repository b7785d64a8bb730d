"""What is not worth keeping: found by conditions, counted first, then moved to the trash."""

from __future__ import annotations

import re
import uuid

import httpx
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.database import slow_deletions, undeletable
from tests.e2e.browser.looks import barriers, barriers_in_both_themes, overflow
from tests.e2e.browser.stored import signed_in
from tests.e2e.browser.test_live import live, session
from tests.e2e.browser.visitor import PHONE
from tests.generated import Json, Transcript

TEXT = "words " * 200  # 1,200 bytes


def an_agent() -> str:
    """Return an agent of which nobody else has sessions."""
    return f"agent-{uuid.uuid4().hex[:8]}"


def put(site: Site, agent: str, *lengths: int) -> list[Transcript]:
    """Put sessions of so many messages there."""
    made = []
    for number, length in enumerate(lengths):
        one = session(f"{agent} {number}")
        one.session["source"] = agent
        for _ in range(length):
            one.say("user", TEXT)
        made.append(one)
    site.put(*made)
    return made


async def post(site: Site, path: str, body: Json) -> None:
    """Send what a page of the dashboard would."""
    headers = {"Origin": site.url, "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers, timeout=30) as api:
        (await api.post(path, json=body)).raise_for_status()


async def left(site: Site, agent: str) -> set[str]:
    """Return the titles of the agent's sessions."""
    wanted = {"filter": f'source = "{agent}"', "perPage": "200", "fields": "title"}
    async with signed_in(site) as api:
        answer = await api.get("/api/collections/sessions/records", params=wanted)
    return {str(one["title"]) for one in answer.raise_for_status().json()["items"]}


def found(page: Page) -> Locator:
    return page.get_by_role("region", name="Sessions found")


async def counted(page: Page, sessions: int, messages: int | None = None, size: str = "") -> None:
    """Wait until so much would go."""
    shown = found(page).get_by_role("status").get_by_role("definition")
    await expect(shown.nth(0)).to_have_text(str(sessions))
    if messages is not None:
        await expect(shown.nth(1)).to_have_text(str(messages))
        await expect(shown.nth(2)).to_have_text(size)


def work(page: Page, agent: str) -> Locator:
    """Return the newest lines of what was done with the agent's sessions."""
    region = page.get_by_role("region", name="Recent work")
    return region.get_by_role("listitem").filter(has_text=agent)


async def move(page: Page, sessions: str) -> None:
    await found(page).get_by_role("button", name="Move to trash").click()
    question = page.get_by_role("alertdialog", name=f"Move {sessions} to the trash?")
    await question.get_by_role("button", name=f"Move {sessions}").click()
    await expect(question).to_have_count(0)


async def test_what_would_go_is_counted_then_goes_and_other_windows_follow(
    small_site: Site, visit_site: Visit
) -> None:
    agent = an_agent()
    made = put(small_site, agent, 1, 2, 2, 5, 6)
    page = (await visit_site(small_site.url, f"/cleanup?source={agent}")).page
    other = (await visit_site(small_site.url, f"/sessions?source={agent}")).page
    await expect(other.get_by_text("5 sessions", exact=True)).to_be_visible()
    await live(other)

    await counted(page, 5, 16, "19 KB")
    await page.get_by_role("checkbox", name="Fewer than 3 messages").check()
    await counted(page, 3, 5, "5.9 KB")
    await page.get_by_label("Messages", exact=True).fill("2")
    await counted(page, 1, 1, "1.2 KB")
    await page.get_by_label("Messages", exact=True).fill("3")
    await expect(page).to_have_url(re.compile("few=3"))
    await counted(page, 3)
    await expect(found(page).get_by_role("link")).to_have_count(3)
    await found(page).get_by_role("button", name="Move to trash").click()
    question = page.get_by_role("alertdialog", name="Move 3 sessions to the trash?")
    await expect(question).to_contain_text(f"Fewer than 3 messages, from {agent}")
    assert await barriers(page) == []
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    assert len(await left(small_site, agent)) == 5
    await move(page, "3 sessions")

    await expect(page.get_by_role("heading", name="Nothing to clean up")).to_be_visible()
    await expect(work(page, agent)).to_contain_text("Moved 3 sessions to the trash.")
    await expect(other.get_by_text("2 sessions", exact=True)).to_be_visible()
    assert await left(small_site, agent) == {str(one.session["title"]) for one in made[3:]}


async def test_what_is_published_for_evals_or_tagged_is_spared_until_one_says_otherwise(
    small_site: Site, visit_site: Visit
) -> None:
    agent = an_agent()
    made = put(small_site, agent, 1, 1, 1, 1)
    ids = [small_site.id_of(one.id) for one in made]
    await post(small_site, "/api/sessions/update", {"ids": ids[:1], "set": {"evalReady": True}})
    await post(small_site, "/api/sessions/update", {"ids": ids[1:2], "set": {"addTags": ["keep"]}})
    await post(small_site, f"/api/sessions/{ids[2]}/publish", {})
    page = (await visit_site(small_site.url, f"/cleanup?source={agent}")).page

    await counted(page, 1)
    await expect(found(page).get_by_role("link")).to_have_text(f"{agent} 3")
    spared = page.get_by_role("group", name="Never take")
    for name, sessions in (("evals", 2), ("tags", 3), ("Published", 4)):
        await spared.get_by_role("checkbox", name=re.compile(name)).uncheck()
        await counted(page, sessions)
    await page.reload()
    await counted(page, 4)
    await page.get_by_role("button", name="Clear", exact=True).click()

    await expect(page.get_by_role("heading", name="What is not worth keeping?")).to_be_visible()
    for name in ("evals", "tags", "Published"):
        await expect(spared.get_by_role("checkbox", name=re.compile(name))).to_be_checked()


async def test_running_work_tells_how_far_it_is_and_can_be_stopped(
    small_site: Site, visit_site: Visit
) -> None:
    agent = an_agent()
    put(small_site, agent, *[30] * 12)
    page = (await visit_site(small_site.url, f"/cleanup?source={agent}")).page
    running = page.get_by_role("region", name="Running work")

    with slow_deletions(small_site, agent):
        await move(page, "12 sessions")
        await expect(running).to_contain_text(re.compile(r"[1-9]\d? of 12"))
        await expect(running.get_by_role("progressbar")).to_have_attribute("aria-valuemax", "12")
        assert await barriers(page) == []
        await running.get_by_role("button", name="Stop: Cleaning up").click()
        await expect(running).to_have_count(0)

    await expect(work(page, agent)).to_contain_text(
        re.compile(r"Stopped. \d+ sessions? of 12 were moved to the trash.")
    )
    said = re.search(r"(\d+) sessions? of 12", await work(page, agent).inner_text())
    assert said is not None
    assert len(await left(small_site, agent)) == 12 - int(said[1]) > 0


async def test_work_that_fails_tells_what_is_done_and_what_to_do(
    small_site: Site, visit_site: Visit
) -> None:
    agent = an_agent()
    made = put(small_site, agent, *[40] * 3)
    last = max((small_site.id_of(one.id), str(one.session["title"])) for one in made)
    page = (await visit_site(small_site.url, f"/cleanup?source={agent}")).page

    with undeletable(small_site, last[0]):
        await move(page, "3 sessions")
        await expect(work(page, agent)).to_contain_text("2 sessions of 3 were moved to the trash.")
    await expect(work(page, agent)).to_contain_text("start it again for the rest")
    assert await barriers(page) == []
    assert await left(small_site, agent) == {last[1]}
    await move(page, "1 session")

    await expect(page.get_by_role("heading", name="Nothing to clean up")).to_be_visible()
    assert await left(small_site, agent) == set()


async def test_choosing_works_from_the_keyboard_and_on_a_phone(
    small_site: Site, visit_site: Visit
) -> None:
    agent = an_agent()
    put(small_site, agent, 1, 2)
    page = (await visit_site(small_site.url, "/cleanup", viewport=PHONE, theme="dark")).page
    await expect(page.get_by_role("checkbox", name="Fewer than 3 messages")).to_be_visible()
    assert await barriers(page) == []

    await page.get_by_role("checkbox", name="Fewer than 3 messages").focus()
    await page.keyboard.press("Space")
    agents = page.get_by_role("button", name="Any agent")
    await agents.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("option", name=agent)).to_be_visible()
    assert await barriers(page) == []
    await page.get_by_role("option", name=agent).click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Agents 1")).to_be_focused()
    await counted(page, 2, 3, "3.5 KB")

    assert await barriers_in_both_themes(page, "cleanup-found-phone") == []
    assert await overflow(page) == []
