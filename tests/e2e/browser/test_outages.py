"""Programs behind the page stop, and come back."""

from __future__ import annotations

import os
import re
import signal

from playwright.async_api import Locator, Page, Route, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.test_live import live, session
from tests.processes import children, eventually

# What a browser writes to its console by itself when a request fails.
FAILED_REQUESTS = r"^console: (Failed to load resource|.*(ERR_|net::))"
PATIENCE = 60_000  # ms; pages wait longer each time before they try again


def outage(page: Page) -> Locator:
    """Return the bar that tells of an outage; parts of the page may say so of themselves, too."""
    return page.get_by_role("alert").filter(has_text="has not answered")


async def test_a_killed_database_is_told_and_what_was_missed_is_caught_up_with(
    own_site: Site, visit_site: Visit
) -> None:
    stack = own_site.stack
    assert stack.process is not None
    own_site.put(session("Before the crash"))
    visitor = await visit_site(own_site.url, "/sessions")
    visitor.expect_problems(FAILED_REQUESTS)
    page = visitor.page
    await expect(page.get_by_role("link", name="Before the crash")).to_be_visible()
    await live(page)

    # Who would start it again sleeps meanwhile, so that there is time to look.
    os.kill(stack.process.pid, signal.SIGSTOP)
    try:
        os.kill(children(stack.process.pid)["pocketbase"], signal.SIGKILL)
        await expect(outage(page)).to_contain_text("What agents send is kept meanwhile")
        await expect(page.get_by_role("link", name="Before the crash")).to_be_visible()
    finally:
        os.kill(stack.process.pid, signal.SIGCONT)
    eventually(lambda: stack.log.count("ended (SIGKILL)") == 1, "the supervisor's word")
    own_site.put(session("After the crash"))

    await expect(page.get_by_role("link", name="After the crash")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_role("status").get_by_text("Live", exact=True)).to_be_visible(
        timeout=PATIENCE
    )


async def test_a_server_that_is_away_is_told_and_its_return_is_noticed(
    own_site: Site, visit_site: Visit
) -> None:
    own_site.put(session("Kept on the page"))
    visitor = await visit_site(own_site.url, "/sessions")
    visitor.expect_problems(FAILED_REQUESTS)
    page = visitor.page
    await expect(page.get_by_role("link", name="Kept on the page")).to_be_visible()
    await live(page)

    own_site.stack.stop()
    await expect(outage(page)).to_be_visible()
    await expect(outage(page)).not_to_contain_text("is kept meanwhile")

    own_site.stack.start()
    own_site.put(session("Made after the return"))
    link = page.get_by_role("link", name="Made after the return")
    await expect(link).to_be_visible(timeout=PATIENCE)
    await expect(outage(page)).to_have_count(0)


async def test_a_first_visit_while_the_sidecar_is_away_waits_with_a_way_to_try_again(
    site: Site, visit_site: Visit
) -> None:
    visitor = await visit_site(site.url, None)
    visitor.expect_problems(FAILED_REQUESTS)
    refused = "**/api/me"
    await visitor.page.route(refused, lambda route: route.abort("connectionrefused"))
    page = await visitor.open("/settings")

    await expect(page.get_by_role("heading", name="The server is not answering")).to_be_visible()
    await page.unroute(refused)
    await page.get_by_role("button", name="Try now").click()

    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()


async def test_a_sign_in_that_ends_meanwhile_is_renewed_without_losing_the_place(
    site: Site, visit_site: Visit
) -> None:
    visitor = await visit_site(site.url, None)
    visitor.expect_problems(FAILED_REQUESTS)
    has_ended, visits = False, 0

    async def portal(route: Route) -> None:
        """Refuse scripts after the end; sign in whoever comes as a person."""
        nonlocal has_ended, visits
        if route.request.is_navigation_request():
            has_ended, visits = False, visits + 1
        if has_ended:
            await route.fulfill(status=401, json={"error": "Sign in."})
        else:
            await route.continue_()

    await visitor.page.route("**/*", portal)
    page = await visitor.open("/sessions?projectName=abacus&sort=title")
    await expect(page.get_by_role("grid").get_by_role("link").first).to_be_visible()

    has_ended = True
    await page.get_by_label("Filter by title").fill("memory")

    await expect(page).to_have_url(re.compile("q=memory"))
    await expect(page.get_by_role("grid").get_by_role("link", name="memory").first).to_be_visible()
    await expect(page).to_have_url(re.compile("projectName=abacus.*sort=title"))
    assert visits == 2


async def test_a_token_is_renewed_before_it_ends(site: Site, visit_site: Visit) -> None:
    visitor = await visit_site(site.url, None)
    await visitor.page.clock.install()
    page = await visitor.open("/settings")
    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()

    async with page.expect_response("**/api/me") as renewed:
        await page.clock.fast_forward("58:00")

    assert (await renewed.value).ok


async def test_where_event_streams_are_blocked_the_page_asks_by_itself(
    site: Site, visit_site: Visit
) -> None:
    visitor = await visit_site(site.url, None)
    visitor.expect_problems(FAILED_REQUESTS)
    await visitor.page.clock.install()
    await visitor.page.route("**/api/realtime", lambda route: route.abort())
    page = await visitor.open("/sessions")
    await expect(page.get_by_role("grid").get_by_role("link").first).to_be_visible()

    made = session("Found without events")
    site.put(made)
    await page.clock.fast_forward(10_000)
    await page.clock.fast_forward(15_000)

    await expect(page.get_by_role("link", name=made.session["title"])).to_be_visible()


async def test_a_sign_in_that_ran_out_is_told_and_leads_back_to_the_same_place(
    site: Site, visit_site: Visit
) -> None:
    visitor = await visit_site(site.url, None)
    visitor.expect_problems(FAILED_REQUESTS)
    await visitor.page.route("**/api/me", lambda route: route.fulfill(status=401, body="{}"))
    page = await visitor.open("/settings")

    await expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    await page.unroute("**/api/me")
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
