"""Keys, agents, and the end of it all."""

from __future__ import annotations

import re

import httpx
from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.looks import barriers
from tests.e2e.browser.test_live import session
from tests.e2e.browser.visitor import Visitor, until
from tests.generated import many, now


async def test_each_tab_opens_from_its_address_without_barriers(visitor: Visitor) -> None:
    for tab in ("profile", "keys", "agents", "embeddings", "storage", "logs", "account"):
        page = await visitor.open(f"/settings?tab={tab}")

        await expect(page.get_by_role("tabpanel").get_by_role("heading").first).to_be_visible()
        assert await barriers(page) == [], tab


async def test_a_new_key_is_shown_once_works_and_ends_when_it_is_revoked(
    site: Site, visitor: Visitor
) -> None:
    page = await visitor.open("/settings?tab=keys")
    await page.get_by_label("Name of the new key").fill("a laptop")
    await page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("alertdialog", name="Your new key")
    key = re.search(r"osk_\w+", await dialog.inner_text())
    assert key is not None
    assert await barriers(page) == []
    await dialog.get_by_role("button", name="I have copied it").click()

    assert await status_of(site, key[0]) == 200
    await page.reload()
    await expect(page.get_by_text("a laptop")).to_be_visible()
    assert key[0] not in await page.content()
    await page.get_by_role("button", name="Revoke a laptop").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Revoke key").click()
    await expect(page.get_by_text("Revoked").first).to_be_visible()

    assert await status_of(site, key[0]) == 401


async def status_of(site: Site, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers) as client:
        return (await client.get("/sync/sessions/list")).status_code


async def test_a_key_needs_a_name(visitor: Visitor) -> None:
    page = await visitor.open("/settings?tab=keys")

    await page.get_by_role("button", name="Create key").click()

    await expect(page.get_by_label("Name of the new key")).to_be_focused()
    await expect(page.get_by_role("alertdialog")).to_have_count(0)


async def test_the_set_up_of_each_agent_names_this_server(site: Site, visitor: Visitor) -> None:
    page = await visitor.open("/settings?tab=agents")

    await expect(page.get_by_text(f"CLAUDE_SYNC_CONVEX_URL={site.url}").first).to_be_visible()


async def test_agents_that_are_not_used_leave_the_filter(own_site: Site, visit_site: Visit) -> None:
    own_site.put(session("Of one agent"))
    page = (await visit_site(own_site.url, "/settings?tab=agents")).page
    cursor = page.get_by_role("checkbox", name="Cursor")
    await expect(cursor).to_be_checked()

    await cursor.click()
    await expect(cursor).not_to_be_checked()

    frame = page.get_by_role("banner")
    await expect(frame.get_by_role("button", name="Claude Code")).to_be_visible()
    await expect(frame.get_by_role("button", name="Cursor")).to_have_count(0)
    await page.reload()
    await expect(frame.get_by_role("button", name="Claude Code")).to_be_visible()
    await expect(cursor).not_to_be_checked()


async def test_the_state_of_embeddings_is_told(visitor: Visitor) -> None:
    page = await visitor.open("/settings?tab=embeddings")

    await expect(page.get_by_text("Switched off on this server")).to_be_visible()


async def confirmed(page: Page, action: str) -> None:
    await page.get_by_role("button", name=action).click()
    question = page.get_by_role("alertdialog")
    await expect(question.get_by_role("button", name=action)).to_be_disabled()
    await question.get_by_role("textbox").fill("local")
    await question.get_by_role("button", name=action).click()


async def test_deleting_all_data_leaves_the_account_and_its_keys(
    own_site: Site, visit_site: Visit
) -> None:
    own_site.put(*many(400, now()))
    page = (await visit_site(own_site.url, "/settings?tab=account")).page

    await confirmed(page, "Delete data")

    await expect(page.get_by_text(re.compile("deleted", re.IGNORECASE)).last).to_be_visible()
    await page.get_by_role("link", name="Sessions").first.click()
    await expect(page.get_by_role("heading", name="No sessions yet")).to_be_visible()
    own_site.put(session("A new beginning"))
    await expect(page.get_by_role("link", name="A new beginning")).to_be_visible()


async def test_deleting_the_account_ends_its_keys(own_site: Site, visit_site: Visit) -> None:
    own_site.put(session("The last of it"))
    key = own_site.stack.key
    visitor = await visit_site(own_site.url, "/settings?tab=account")
    visitor.expect_problems(r"console: Failed to load resource")
    page = visitor.page

    await confirmed(page, "Delete account")
    await expect(page.get_by_role("alertdialog")).to_have_count(0)

    await until(lambda: status_of(own_site, key), lambda status: status == 401, "401")
    page = await visitor.open("/sessions")
    await expect(page.get_by_role("heading", name="No sessions yet")).to_be_visible()
