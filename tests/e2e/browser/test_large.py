"""Ten thousand sessions in a list, and five thousand messages in a session."""

from __future__ import annotations

import sys
import time
from typing import Final

from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import SESSIONS, Site
from tests.e2e.browser.test_sessions import scroll, title, titles
from tests.e2e.browser.visitor import Visitor, until

MESSAGES: Final = 5_000
NODES: Final = 6_000  # far fewer than there are rows or messages


async def test_the_list_of_ten_thousand_scrolls_to_its_very_end(
    site: Site, visitor: Visitor
) -> None:
    page = await visitor.open("/sessions")
    table = page.get_by_role("grid", name="Sessions")
    await expect(table.get_by_role("link").first).to_be_visible()
    oldest_last = sorted(site.ordinary, key=lambda one: -one.session["updatedAt"])
    wanted = [title(one) for one in oldest_last]
    total = int(await table.get_attribute("aria-rowcount") or 0)
    assert total > SESSIONS

    for share in (0.5, 0.25, 1):
        await scroll(table, share)
        await expect(table.locator(f"[aria-rowindex='{int(total * share)}']")).to_be_visible()
        shown = await until(
            lambda: titles(page),
            lambda shown: is_run_of(shown, wanted),
            f"a part of the list around {share:.0%} of it",
        )

    assert shown[-1] == wanted[-1]
    assert await node_count(page) < NODES


def is_run_of(part: list[str], whole: list[str]) -> bool:
    starts = (n for n, title in enumerate(whole) if part and title == part[0])
    return any(whole[n : n + len(part)] == part for n in starts)


async def test_a_session_of_five_thousand_messages_opens_and_can_be_read_to_its_end(
    site: Site, visitor: Visitor
) -> None:
    started = time.perf_counter()
    page = await visitor.open(f"/sessions/{site.id_of('generated-long')}")
    await expect(page.get_by_text(f"Message 1 of {MESSAGES}.").first).to_be_visible()
    sys.stdout.write(f"5,000 messages opened in {time.perf_counter() - started:.2f} s\n")
    assert await node_count(page) < NODES

    await expect(page.get_by_role("status").get_by_text(f"{MESSAGES:,} messages")).to_be_visible()
    await page.get_by_role("button", name="To the last message").click()
    await expect(page.get_by_text(f"Message {MESSAGES} of {MESSAGES}.").first).to_be_visible()

    await page.get_by_role("button", name="To the first message").click()
    await expect(page.get_by_text(f"Message 1 of {MESSAGES}.").first).to_be_visible()
    messages = page.get_by_role("region", name="Messages")
    await messages.hover()
    for _ in range(10):
        await page.mouse.wheel(0, 3_000)
    await expect(messages.get_by_text(f"Message 1 of {MESSAGES}.")).to_have_count(0)
    assert await node_count(page) < NODES


async def node_count(page: Page) -> int:
    count: int = await page.evaluate("document.querySelectorAll('*').length")
    return count
