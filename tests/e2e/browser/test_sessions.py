"""The list of sessions: order, filters, what is done to one and to many."""

from __future__ import annotations

import csv
import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.stored import records
from tests.e2e.browser.test_live import live, session
from tests.e2e.browser.visitor import PHONE, WIDE, Visitor, until
from tests.generated import Json, Transcript

# Sessions of a project that no test adds to, so that what the list must hold can be worked out.
PROJECT: Final = "abacus"


def known(site: Site) -> list[Transcript]:
    return [one for one in site.ordinary if one.session.get("projectName") == PROJECT]


def grid(page: Page) -> Locator:
    return page.get_by_role("grid", name="Sessions")


async def titles(page: Page) -> list[str]:
    """Return the titles of the rows that are drawn, in their order; "" where one has not come."""
    found: list[str] = (
        await grid(page)
        .locator("[role=row][data-index]")
        .evaluate_all(
            """rows => rows.toSorted((a, b) => a.dataset.index - b.dataset.index)
                     .map(row => row.querySelector("a")?.innerText ?? "")"""
        )
    )
    return found


async def scroll(table: Locator, share: float) -> None:
    """Scroll to a share of the list's height."""
    await table.locator("[role=presentation]").evaluate(
        "(area, share) => { area.scrollTop = area.scrollHeight * share }", share
    )


async def begins(page: Page, wanted: list[str]) -> None:
    """Wait until these are the first sessions of the list."""
    await until(
        lambda: titles(page),
        lambda shown: shown[: len(wanted)] == wanted,
        f"a list that begins with {wanted}",
    )


def title(one: Transcript) -> str:
    return str(one.session.get("title", "Untitled session"))


def all_of(facts: Json) -> int:
    return int(facts.get("promptTokens", 0)) + int(facts.get("completionTokens", 0))


ORDERS: Final[dict[str, Callable[[Transcript], Any]]] = {
    "Tokens": lambda one: all_of(one.session),
    "Cost": lambda one: one.session.get("cost", 0),
    "Duration": lambda one: one.session["durationMs"],
    "Created": lambda one: one.session["createdAt"],
    "Updated": lambda one: one.session["updatedAt"],
}


async def test_a_column_sorts_both_ways_and_the_address_keeps_it(
    site: Site, visit_site: Visit
) -> None:
    path = f"/sessions?projectName={PROJECT}&sort=title"
    page = (await visit_site(site.url, path, viewport=WIDE)).page
    for column, order in ORDERS.items():
        wanted = [title(one) for one in sorted(known(site), key=order, reverse=True)]
        header = grid(page).get_by_role("columnheader", name=column)

        await header.get_by_role("button").click()
        await expect(header).to_have_attribute("aria-sort", "descending")
        await begins(page, wanted[:8])

        await page.reload()
        await expect(header).to_have_attribute("aria-sort", "descending")
        await begins(page, wanted[:8])

        await header.get_by_role("button").click()
        await expect(header).to_have_attribute("aria-sort", "ascending")


FILTERS: Final[tuple[tuple[Json, Callable[[Json], bool]], ...]] = (
    ({"source": "pi"}, lambda s: s["source"] == "pi"),
    ({"model": "kimi-k2"}, lambda s: s["model"] == "kimi-k2"),
    ({"provider": "openai"}, lambda s: s["provider"] == "openai"),
    ({"minTokens": 20_000, "maxTokens": 60_000}, lambda s: 20_000 <= all_of(s) <= 60_000),
    ({"untitled": "true"}, lambda s: "title" not in s),
    ({"zeroCost": "true"}, lambda s: not s.get("cost")),
    ({"q": "rate limiting"}, lambda s: "rate limiting" in s.get("title", "")),
    (
        {"source": "claude-code", "zeroCost": "true"},
        lambda s: s["source"] == "claude-code" and not s.get("cost"),
    ),
)


async def test_a_filter_in_the_address_shows_exactly_what_it_says(
    site: Site, visitor: Visitor
) -> None:
    for params, holds in FILTERS:
        wanted = [one for one in known(site) if holds(one.session)]
        assert 0 < len(wanted) < len(known(site))

        page = await visitor.open(f"/sessions?{urlencode({'projectName': PROJECT, **params})}")

        await expect(page.get_by_text(counted(len(wanted)), exact=True)).to_be_visible()
        newest = sorted(wanted, key=lambda one: -one.session["updatedAt"])
        await begins(page, [title(one) for one in newest[:8]])


async def test_few_messages_is_a_filter(site: Site, visitor: Visitor) -> None:
    wanted = sum(len(one.messages) < 2 for one in known(site))

    page = await visitor.open(f"/sessions?projectName={PROJECT}&maxMessages=2")

    await expect(page.get_by_text(counted(wanted), exact=True)).to_be_visible()


async def test_a_range_of_days_is_of_the_readers_own_days(site: Site, visitor: Visitor) -> None:
    days = sorted(datetime.fromtimestamp(o.session["updatedAt"] / 1000, UTC) for o in known(site))
    day = days[len(days) // 2].date().isoformat()
    await visitor.open("/settings")  # to ask the browser, which knows its time zone
    moments = [one.session["updatedAt"] for one in known(site)]
    local: list[str] = await visitor.page.evaluate(
        "moments => moments.map(at => new Date(at).toLocaleDateString('sv'))", moments
    )

    page = await visitor.open(f"/sessions?projectName={PROJECT}&from={day}&to={day}")

    await expect(page.get_by_text(counted(local.count(day)), exact=True)).to_be_visible()


def counted(number: int) -> str:
    return "1 session" if number == 1 else f"{number:,} sessions"


async def test_filters_are_set_by_hand_shown_as_pills_and_taken_away(
    site: Site, visitor: Visitor
) -> None:
    of_pi = [one for one in known(site) if one.session["source"] == "pi"]
    free = [one for one in of_pi if not one.session.get("cost")]
    page = await visitor.open(f"/sessions?projectName={PROJECT}")

    await page.get_by_role("search").get_by_role("button", name="Agent").click()
    await page.get_by_role("option", name="Pi").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text(counted(len(of_pi)), exact=True)).to_be_visible()
    await page.get_by_role("button", name="More filters").click()
    await page.get_by_label("Zero cost").check()
    await page.keyboard.press("Escape")

    await expect(page.get_by_text(counted(len(free)), exact=True)).to_be_visible()
    await expect(page).to_have_url(re.compile("zeroCost=true"))
    await page.get_by_role("button", name="Remove the filter Zero cost").click()
    await expect(page.get_by_text(counted(len(of_pi)), exact=True)).to_be_visible()
    await page.get_by_role("group", name="Filters").get_by_role("button", name="Clear").click()
    await expect(page).to_have_url(re.compile(r"/sessions/?$"))


async def test_a_filter_that_nothing_matches_says_so_and_can_be_cleared(visitor: Visitor) -> None:
    page = await visitor.open("/sessions?q=nobody+wrote+this")

    await expect(page.get_by_role("heading", name="No session matches")).to_be_visible()
    await page.get_by_role("button", name="Clear the filters").click()

    await expect(grid(page).get_by_role("link").first).to_be_visible()


def some(site: Site, number: int) -> tuple[str, list[Transcript]]:
    """Put sessions with a name that only they have."""
    name = f"Batch {uuid.uuid4().hex[:8]}"
    made = [session(f"{name} number {n}") for n in range(number)]
    for one in made:
        one.say("user", "A word or two")
    site.put(*made)
    return name, made


async def test_ticked_sessions_are_marked_for_evals_and_tagged(
    site: Site, visitor: Visitor
) -> None:
    name, _ = some(site, 3)
    page = await visitor.open(f"/sessions?q={name}")
    for number in (0, 2):
        await page.get_by_role("checkbox", name=f"Select {name} number {number}").check()
    bar = page.get_by_role("toolbar", name="Selected sessions")
    await expect(bar).to_contain_text("2 selected")

    await bar.get_by_role("button", name="Evals").click()
    await page.get_by_role("menuitem", name="Add to evals").click()
    await expect(page.get_by_text("2 sessions changed.")).to_be_visible()
    await bar.get_by_role("button", name="Tags").click()
    await page.get_by_label("Add").fill("regression, ui")
    await page.get_by_role("button", name="Change tags").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(bar).not_to_have_attribute("aria-busy", "true")

    stored = await records(site, name)
    assert [one["evalReady"] for one in stored] == [True, False, True]
    assert [one["evalTags"] or [] for one in stored] == [
        ["regression", "ui"],
        [],
        ["regression", "ui"],
    ]
    page = await visitor.open(f"/sessions?q={name}&tags=ui&evalReady=true")
    await expect(page.get_by_text("2 sessions", exact=True)).to_be_visible()


async def test_all_that_match_are_deleted_after_a_question(site: Site, visitor: Visitor) -> None:
    name, _ = some(site, 60)
    page = await visitor.open(f"/sessions?q={name}")
    await expect(page.get_by_text("60 sessions", exact=True)).to_be_visible()
    await page.get_by_role("checkbox", name=f"Select {name}").first.check()
    await page.get_by_role("button", name="Select all 60 that match").click()

    await page.get_by_role("toolbar").get_by_role("button", name="Delete").click()
    question = page.get_by_role("alertdialog", name="Delete 60 sessions?")
    await expect(question).to_contain_text("restored from the trash")
    await question.get_by_role("button", name="Delete 60 sessions").click()

    await expect(page.get_by_role("heading", name="No session matches")).to_be_visible()
    assert await records(site, name) == []


async def test_the_question_before_deleting_can_be_declined(site: Site, visitor: Visitor) -> None:
    name, _ = some(site, 1)
    page = await visitor.open(f"/sessions?q={name}")
    await page.get_by_role("checkbox", name=f"Select {name}").check()

    await page.get_by_role("toolbar").get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Cancel").click()

    await expect(page.get_by_role("link", name=name)).to_be_visible()
    assert len(await records(site, name)) == 1


async def test_a_csv_file_has_every_row_and_no_formulas(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    name, _ = some(site, 2)
    dangerous = session(f'=HYPERLINK("https://evil.example") {name}')
    site.put(dangerous)
    page = await visitor.open(f"/sessions?q={name}")
    await expect(page.get_by_text("3 sessions", exact=True)).to_be_visible()

    rows = list(csv.DictReader(await exported(page, "Table (CSV)", tmp_path)))

    found = {row[next(k for k in row if k.lower() == "title")] for row in rows}
    assert found == {f"{name} number 0", f"{name} number 1", f"'{dangerous.session['title']}"}


async def test_a_json_file_has_what_is_ticked(site: Site, visitor: Visitor, tmp_path: Path) -> None:
    name, _ = some(site, 3)
    page = await visitor.open(f"/sessions?q={name}")
    await page.get_by_role("checkbox", name=f"Select {name} number 1").check()

    lines = await exported(page.get_by_role("toolbar"), "JSON", tmp_path)

    assert [one["title"] for one in json.loads("\n".join(lines))] == [f"{name} number 1"]


async def test_the_files_of_the_list_have_no_secrets(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    secret, mask = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v", "[GitHub token removed]"
    name = f"leak-{uuid.uuid4().hex[:8]}"
    leaking = session(f"{name} {secret}")
    leaking.session["projectPath"] = f"/work/{secret}"
    site.put(leaking)
    page = await visitor.open(f"/sessions?q={name}")
    await expect(page.get_by_text("1 session", exact=True)).to_be_visible()

    for kind in ("Table (CSV)", "JSON"):
        text = "\n".join(await exported(page, kind, tmp_path))

        assert secret not in text
        assert f"{name} {mask}" in text
        assert f"/work/{mask}" in text


async def exported(within: Page | Locator, kind: str, folder: Path) -> list[str]:
    page = within if isinstance(within, Page) else within.page
    await within.get_by_role("button", name="Export").click()
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name=kind, exact=True).click()
    path = folder / "exported"
    await (await download.value).save_as(path)
    return path.read_text("utf-8-sig").splitlines()


async def test_a_title_that_was_changed_survives_the_next_sync(
    site: Site, visitor: Visitor
) -> None:
    name, [made] = some(site, 1)
    page = await visitor.open(f"/sessions?q={name}")
    await page.get_by_role("link", name=name).hover()
    await page.get_by_role("button", name=f"Rename {name}").click()
    field = page.get_by_role("textbox", name=f"Title of {name}")

    await field.fill(f"{name} by a person")
    await field.press("Enter")

    await expect(page.get_by_role("link", name=f"{name} by a person")).to_be_visible()
    site.put(made)
    [stored] = await records(site, name)
    assert stored["title"] == f"{name} by a person"


async def test_the_timeline_shows_the_same_sessions_along_time(
    site: Site, visitor: Visitor
) -> None:
    page = await visitor.open(f"/sessions?projectName={PROJECT}")
    await page.get_by_role("radio", name="Timeline").click()

    await expect(page).to_have_url(re.compile("view=timeline"))
    newest = max(known(site), key=lambda one: one.session["createdAt"])
    await page.get_by_role("link", name=title(newest)).first.click()

    await expect(page.get_by_role("heading", name=title(newest), level=1)).to_be_visible()


async def test_the_list_is_used_with_keys_alone(site: Site, visitor: Visitor) -> None:
    name, _ = some(site, 4)
    page = await visitor.open("/sessions")
    await expect(grid(page).get_by_role("link").first).to_be_visible()

    field = page.get_by_label("Filter by title")
    while await field.evaluate("field => field !== document.activeElement"):
        await page.keyboard.press("Tab")
    await page.keyboard.type(name)
    await expect(page.get_by_text("4 sessions", exact=True)).to_be_visible()
    await expect(grid(page).get_by_role("link")).to_have_count(4)
    wanted = await titles(page)
    while await page.evaluate("!document.activeElement.closest('[role=row][data-index]')"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("x")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("link", name=wanted[2])).to_be_focused()
    await page.keyboard.press("Shift+X")
    await expect(page.get_by_role("toolbar")).to_contain_text("3 selected")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("toolbar")).to_have_count(0)

    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=wanted[2], level=1)).to_be_visible()


async def test_coming_back_finds_the_list_where_it_was(site: Site, visitor: Visitor) -> None:
    page = await visitor.open(f"/sessions?projectName={PROJECT}")
    await expect(grid(page).get_by_role("link").first).to_be_visible()
    await scroll(grid(page), 0.2)
    await expect(grid(page).locator("[data-index='0']")).to_have_count(0)
    shown = await until(
        lambda: titles(page), lambda shown: shown != [] and all(shown), "a list without gaps"
    )
    middle = shown[len(shown) // 2]
    link = grid(page).get_by_role("link", name=middle).first
    await link.click()
    await expect(page.get_by_role("heading", name=middle, level=1)).to_be_visible()

    await page.go_back()

    await expect(link).to_be_in_viewport()
    await expect(page).to_have_url(re.compile(f"projectName={PROJECT}"))


async def test_an_empty_place_says_how_to_begin_and_the_first_session_replaces_it(
    own_site: Site, visit_site: Visit
) -> None:
    page = (await visit_site(own_site.url, "/")).page
    await expect(page.get_by_role("heading", name="Connect your first agent")).to_be_visible()
    await expect(page.get_by_text(own_site.url).first).to_be_visible()
    await page.get_by_role("link", name="Sessions").first.click()
    await expect(page.get_by_role("heading", name="No sessions yet")).to_be_visible()
    await expect(page.get_by_text(f"CLAUDE_SYNC_CONVEX_URL={own_site.url}")).to_be_visible()
    await live(page)

    own_site.put(session("The very first"))

    await expect(page.get_by_role("link", name="The very first")).to_be_visible()


async def test_on_a_phone_sessions_are_cards_that_open(site: Site, visit_site: Visit) -> None:
    name, _ = some(site, 1)
    page = (await visit_site(site.url, f"/sessions?q={name}", viewport=PHONE)).page

    await page.get_by_role("link", name=name).tap()

    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
