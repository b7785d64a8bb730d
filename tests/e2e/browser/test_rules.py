"""Rules that clean up every day: what one would take is said before, what it took afterwards."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Locator, Page, expect

from sidecar.domain.cleanup import DAY_MS
from sidecar.domain.clock import iso
from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.database import change
from tests.e2e.browser.looks import barriers, barriers_in_both_themes, overflow
from tests.e2e.browser.stored import signed_in
from tests.e2e.browser.test_cleanup import an_agent, left, post, put, work
from tests.e2e.browser.test_trash import entries
from tests.e2e.browser.visitor import PHONE
from tests.generated import Json, Transcript, now


def old(site: Site, agent: str, *lengths: int) -> list[Transcript]:
    """Put sessions there that arrived, and were last changed, 50 days ago."""
    made = put(site, agent, *lengths)
    then = now() - 50 * DAY_MS
    times: tuple[Any, ...] = (iso(then), then, then)
    change(
        site,
        "UPDATE sessions SET created = ?, createdAt = ?, updatedAt = ? WHERE source = ?",
        *times,
        agent,
    )
    return made


async def rules(site: Site, agent: str) -> list[Json]:
    """Return the stored rules that name the agent."""
    async with signed_in(site) as api:
        answer = await api.get("/api/collections/cleanupRules/records", params={"perPage": "200"})
    items: list[Json] = answer.raise_for_status().json()["items"]
    return [rule for rule in items if agent in str(rule["conditions"])]


def row(page: Page, name: str) -> Locator:
    heading = page.get_by_role("heading", name=name, exact=True)
    return page.get_by_role("listitem").filter(has=heading)


async def made_rule(site: Site, agent: str, name: str) -> None:
    conditions = {"filter": {"source": [agent]}, "olderThanDays": 30}
    await post(site, "/api/cleanup/rules", {"name": name, "conditions": conditions})


async def test_a_new_rule_is_off_and_says_what_it_would_take(
    small_site: Site, visit_site: Visit
) -> None:
    agent = an_agent()
    made = old(small_site, agent, 1, 1, 1)
    tagged = {"ids": [small_site.id_of(made[0].id)], "set": {"addTags": ["keep"]}}
    await post(small_site, "/api/sessions/update", tagged)
    page = (await visit_site(small_site.url, f"/cleanup?source={agent}&days=30")).page
    await page.get_by_role("button", name="Do this every day").click()
    dialog = page.get_by_role("dialog", name="New rule")
    await expect(dialog.get_by_label("Name")).to_be_focused()
    said = dialog.get_by_role("status").filter(has_text="Now it would")
    await expect(said).to_have_text("Now it would take 2 sessions with 2.3 KB of text.")

    await dialog.get_by_role("checkbox", name="Sessions with tags").uncheck()
    await expect(said).to_have_text("Now it would take 3 sessions with 3.5 KB of text.")
    await dialog.get_by_role("combobox", name="Not touched for").click()
    await page.get_by_role("option", name="90 days").click()
    await expect(said).to_have_text("Now it would find no session.")
    assert await barriers(page) == []
    name = f"Tidy {agent}"
    await dialog.get_by_label("Name").fill(name)
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)

    await page.get_by_role("tab", name="Rules").click()
    await expect(row(page, name)).to_contain_text(f"From {agent}, not touched for 90 days.")
    await expect(row(page, name)).to_contain_text("Never takes published sessions or sessions for")
    await expect(row(page, name)).to_contain_text("Has not run yet")
    await expect(row(page, name).get_by_role("switch")).not_to_be_checked()
    [stored] = await rules(small_site, agent)
    assert (stored["name"], stored["enabled"], stored["lastRunAt"]) == (name, False, 0)
    assert stored["conditions"]["spare"] == ["public", "evals"]
    assert len(await left(small_site, agent)) == 3


async def test_a_rule_that_is_switched_on_cleans_up_and_notes_what_and_why(
    small_site: Site, visit_site: Visit
) -> None:
    agent = an_agent()
    gone = old(small_site, agent, 1, 2)
    name = f"Tidy {agent}"
    await made_rule(small_site, agent, name)
    page = (await visit_site(small_site.url, "/cleanup?tab=rules")).page
    mine = row(page, name)

    await mine.get_by_role("button", name="Dry run").click()
    await expect(mine.get_by_role("status")).to_contain_text("Now it would take 2 sessions")
    await mine.get_by_role("switch").focus()
    await page.keyboard.press("Space")
    question = page.get_by_role("alertdialog", name=f"Switch on “{name}”?")
    await expect(question).to_contain_text("Now it would take 2 sessions")
    assert await barriers(page) == []
    await question.get_by_role("button", name="Cancel").click()
    await expect(mine.get_by_role("switch")).not_to_be_checked()
    assert len(await left(small_site, agent)) == 2
    await mine.get_by_role("switch").click()
    await question.get_by_role("button", name="Switch on").click()

    await expect(mine.get_by_role("switch")).to_be_checked()
    await expect(mine).to_contain_text("found 2 sessions")
    done = work(page, f"Rule “{name}”")
    await expect(done).to_contain_text(f"From {agent}, not touched for 30 days")
    await expect(done).to_contain_text("Moved 2 sessions to the trash.")
    assert await left(small_site, agent) == set()
    await page.get_by_role("tab", name="Trash").click()
    await expect(entries(page, f"Rule “{name}”")).to_have_count(2)
    await expect(entries(page, agent).first).to_contain_text("not touched for 30 days")
    await page.get_by_role("tab", name="Rules").click()
    await mine.get_by_role("switch").click()
    await expect(mine.get_by_role("switch")).not_to_be_checked()
    assert [rule["enabled"] for rule in await rules(small_site, agent)] == [False]
    log = page.get_by_role("region", name="Removed by rules")
    run = log.get_by_role("listitem").filter(has_text=f"Rule “{name}”")
    await run.get_by_role("button", name="2 sessions").click()
    for session in gone:
        await expect(run.get_by_role("region")).to_contain_text(session.id)
    assert await barriers_in_both_themes(page, "rules-removed") == []


async def test_a_rule_is_changed_and_deleted(small_site: Site, visit_site: Visit) -> None:
    agent = an_agent()
    old(small_site, agent, 1, 5)
    await made_rule(small_site, agent, f"Tidy {agent}")
    page = (await visit_site(small_site.url, "/cleanup?tab=rules")).page

    await page.get_by_role("button", name=f"Change the rule Tidy {agent}").click()
    dialog = page.get_by_role("dialog", name="Change the rule")
    await expect(dialog.get_by_label("Name")).to_have_value(f"Tidy {agent}")
    await expect(dialog.get_by_role("status")).to_contain_text("Now it would take 2 sessions")
    await dialog.get_by_role("checkbox", name="Fewer than 3 messages").check()
    await expect(dialog.get_by_role("status")).to_contain_text("Now it would take 1 session")
    await dialog.get_by_label("Name").fill(f"Small {agent}")
    await dialog.get_by_role("button", name="Change rule").click()

    small = row(page, f"Small {agent}")
    await expect(small).to_contain_text("Fewer than 3 messages")
    [stored] = await rules(small_site, agent)
    assert stored["conditions"]["filter"] == {"source": [agent], "maxMessages": 3}
    assert (stored["name"], stored["enabled"]) == (f"Small {agent}", False)
    await small.get_by_role("button", name="Delete the rule").click()
    question = page.get_by_role("alertdialog", name=f"Delete the rule “Small {agent}”?")
    await question.get_by_role("button", name="Delete rule").click()
    await expect(small).to_have_count(0)
    assert await rules(small_site, agent) == []
    assert len(await left(small_site, agent)) == 2


async def test_rules_fit_on_a_phone_without_barriers(small_site: Site, visit_site: Visit) -> None:
    agent = an_agent()
    await made_rule(small_site, agent, f"Tidy {agent}")
    page = (await visit_site(small_site.url, "/cleanup?tab=rules", viewport=PHONE)).page

    await row(page, f"Tidy {agent}").get_by_role("button", name="Dry run").click()
    await expect(row(page, f"Tidy {agent}").get_by_role("status")).to_contain_text("Now it would")
    assert await barriers_in_both_themes(page, "rules-phone") == []
    assert await overflow(page) == []
    new = page.get_by_role("button", name="New rule")
    await new.click()
    await expect(page.get_by_role("dialog", name="New rule").get_by_role("status")).to_be_visible()
    assert await barriers_in_both_themes(page, "rules-new-phone") == []
    await page.keyboard.press("Escape")
    await expect(new).to_be_focused()
