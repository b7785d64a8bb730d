"""What one machine syncs, a browser elsewhere shows without being asked."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.visitor import Visitor
from tests.e2e.test_claude_code_plugin import Plugin, sync_a_session
from tests.generated import Transcript, now
from tests.tools import npm_package


async def live(page: Page) -> None:
    """Wait for the live connection."""
    await expect(page.get_by_role("status").get_by_text("Live", exact=True)).to_be_visible()


def session(title: str) -> Transcript:
    moment = now()
    facts = {"externalId": str(uuid.uuid4()), "title": title, "source": "codex-cli"}
    return Transcript({**facts, "createdAt": moment, "updatedAt": moment})


async def test_a_synced_session_appears_in_an_open_list(
    site: Site, visitor: Visitor, record_property: Callable[[str, object], None]
) -> None:
    page = await visitor.open("/sessions")
    await live(page)
    made = session("Just arrived from another machine")

    started = time.perf_counter()
    site.put(made)
    await expect(page.get_by_role("link", name=made.session["title"])).to_be_visible()

    milliseconds = round((time.perf_counter() - started) * 1000)
    record_property("milliseconds from request to row", milliseconds)
    sys.stdout.write(f"From the request to the row in the other browser: {milliseconds} ms\n")


async def test_a_running_session_grows_by_itself(site: Site, visitor: Visitor) -> None:
    made = session("Still running")
    made.say("user", "Is anybody there?")
    site.put(made)
    page = await visitor.open(f"/sessions/{site.id_of(made.id)}")
    await expect(page.get_by_text("Is anybody there?").first).to_be_visible()
    await live(page)

    made.say("assistant", "I have just arrived.")
    site.put(made)

    await expect(page.get_by_text("I have just arrived.")).to_be_visible()


async def test_a_new_session_counts_on_an_open_overview(own_site: Site, visit_site: Visit) -> None:
    page = (await visit_site(own_site.url, "/")).page
    await live(page)
    made = session("The first of all")
    made.session |= {"promptTokens": 1_200, "completionTokens": 34, "cost": 0.5}

    own_site.put(made)

    await expect(page.get_by_role("link", name="The first of all")).to_be_visible()
    await expect(page.get_by_text("$0.50").first).to_be_visible()


async def test_what_the_published_claude_code_plugin_sends_is_shown(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    command = npm_package("claude-code-sync", "0.1.15") / "node_modules/.bin/claude-code-sync"
    plugin = Plugin(command, tmp_path, site.url, site.stack.key)
    external_id = str(uuid.uuid4())

    sync_a_session(plugin, external_id, tmp_path)
    page = await visitor.open("/sessions")
    await page.get_by_role("link", name="Please read hello.txt").first.click()

    await expect(page.get_by_text("It says hello world.").first).to_be_visible()
    await expect(page.get_by_text("hello.txt").first).to_be_visible()
    await expect(page.get_by_text("claude-sonnet-4-20250514").first).to_be_visible()
