"""What was deleted can be had back for a while, and be rid of before."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.looks import barriers, barriers_in_both_themes, overflow
from tests.e2e.browser.stored import signed_in
from tests.e2e.browser.test_cleanup import an_agent, left, post, put
from tests.e2e.browser.test_live import live
from tests.e2e.browser.visitor import PHONE
from tests.generated import Json


async def trashed(site: Site, *lengths: int) -> str:
    """Put sessions of so many messages there and clean them away; return their agent."""
    agent = an_agent()
    put(site, agent, *lengths)
    await post(site, "/api/cleanup", {"filter": {"source": [agent]}})
    return agent


def entries(page: Page, agent: str) -> Locator:
    return page.get_by_role("region", name="Trash").get_by_role("listitem").filter(has_text=agent)


async def kept(site: Site, agent: str) -> list[Json]:
    """Return what the trash holds of the agent's sessions."""
    wanted = {"filter": f'source = "{agent}"', "perPage": "200"}
    async with signed_in(site) as api:
        answer = await api.get("/api/collections/trash/records", params=wanted)
    items: list[Json] = answer.raise_for_status().json()["items"]
    return items


async def test_sessions_come_back_as_they_were_and_other_windows_see_it(
    small_site: Site, visit_site: Visit
) -> None:
    agent = await trashed(small_site, 3, 2, 1)
    page = (await visit_site(small_site.url, "/cleanup?tab=trash")).page
    other = (await visit_site(small_site.url, f"/sessions?source={agent}")).page
    await expect(entries(page, agent)).to_have_count(3)
    await live(other)
    row = entries(page, agent).filter(has_text=f"{agent} 0")
    await expect(row).to_contain_text("3 messages")
    await expect(row).to_contain_text(f"From {agent}")
    await expect(row).to_contain_text("gone in 30 days")

    for number in (0, 1):
        box = page.get_by_role("checkbox", name=f"Choose {agent} {number}")
        await box.focus()
        await page.keyboard.press("Space")
    trash = page.get_by_role("region", name="Trash")
    await expect(trash.get_by_role("status")).to_have_text("2 chosen")
    await trash.get_by_role("button", name="Restore", exact=True).click()

    await expect(entries(page, agent)).to_have_count(1)
    await expect(other.get_by_text("2 sessions", exact=True)).to_be_visible()
    assert await left(small_site, agent) == {f"{agent} 0", f"{agent} 1"}
    await other.get_by_role("link", name=f"{agent} 0").click()
    await expect(other.get_by_text("3 messages", exact=True).first).to_be_visible()


async def test_what_is_deleted_for_good_is_asked_about_first(
    small_site: Site, visit_site: Visit
) -> None:
    agent = await trashed(small_site, 1, 1)
    page = (await visit_site(small_site.url, "/cleanup?tab=trash")).page
    await page.get_by_role("checkbox", name=f"Choose {agent} 0").check()
    delete = page.get_by_role("button", name="Delete for good")
    question = page.get_by_role("alertdialog", name="Delete 1 session for good?")

    await delete.click()
    await expect(question).to_contain_text("This cannot be undone.")
    assert await barriers(page) == []
    await page.keyboard.press("Escape")
    await expect(delete).to_be_focused()
    assert len(await kept(small_site, agent)) == 2
    await page.keyboard.press("Enter")
    await question.get_by_role("button", name="Delete 1 session").click()

    await expect(entries(page, agent)).to_have_count(1)
    await expect(entries(page, agent)).to_contain_text(f"{agent} 1")
    assert [one["title"] for one in await kept(small_site, agent)] == [f"{agent} 1"]


async def test_the_whole_trash_is_emptied_while_another_window_looks(
    small_site: Site, visit_site: Visit
) -> None:
    agent = await trashed(small_site, 1)
    page = (await visit_site(small_site.url, "/cleanup?tab=trash", viewport=PHONE)).page
    other = (await visit_site(small_site.url, "/cleanup?tab=trash")).page
    await expect(entries(other, agent)).to_have_count(1)
    await live(other)
    assert await barriers_in_both_themes(page, "trash-phone") == []
    assert await overflow(page) == []

    await page.get_by_role("button", name="Empty trash").click()
    question = page.get_by_role("alertdialog")
    await question.get_by_role("button", name="Delete").click()

    for window in (page, other):
        await expect(window.get_by_role("heading", name="The trash is empty")).to_be_visible()
    assert await kept(small_site, agent) == []
    assert await barriers(page) == []


async def test_a_long_trash_has_pages(small_site: Site, visit_site: Visit) -> None:
    agent = await trashed(small_site, *[0] * 51)
    page = (await visit_site(small_site.url, "/cleanup?tab=trash")).page
    pages = page.get_by_role("navigation", name="Pages of the trash")

    await expect(pages).to_contain_text("Page 1 of")
    await pages.get_by_role("button", name="Older").click()

    await expect(page).to_have_url(f"{small_site.url}/cleanup?tab=trash&page=2")
    await expect(entries(page, agent).first).to_be_visible()
    await page.reload()
    await expect(pages).to_contain_text("Page 2 of")
