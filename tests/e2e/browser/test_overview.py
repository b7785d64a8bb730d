"""The figures of the overview, against sums made here from what was synced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Final

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.visitor import Visitor
from tests.e2e.stack import Stack
from tests.generated import Json, Transcript, golden

# A moment that stays, in a zone whose days and hours are those of nobody's server.
END: Final = 1_749_635_100_000  # 11 June 2025, 09:45 UTC
ZONE: Final = "Asia/Kolkata"
OFFSET: Final = timezone(timedelta(hours=5, minutes=30))
SESSIONS: Final = golden(END)


def moment(one: Transcript) -> datetime:
    return datetime.fromtimestamp(one.session["createdAt"] / 1000, OFFSET)


def day(one: Transcript) -> date:
    return moment(one).date()


TODAY: Final = datetime.fromtimestamp(END / 1000, OFFSET).date()


@pytest.fixture(scope="module")
def golden_site(tmp_path_factory: pytest.TempPathFactory, dashboard: None) -> Iterator[Site]:
    stack = Stack(tmp_path_factory.mktemp("golden"), web=True)
    stack.start()
    try:
        site = Site(stack)
        site.put(*SESSIONS)
        yield site
    finally:
        stack.stop()


@pytest.fixture
async def reader(golden_site: Site, visit_site: Visit) -> Visitor:
    """Somebody in another time zone, on the day of the last session."""
    visitor = await visit_site(golden_site.url, None, timezone=ZONE)
    await visitor.page.clock.set_fixed_time(END / 1000)
    return visitor


def within(days: int | None) -> list[Transcript]:
    """Return the sessions of the last days, today among them; all of them without a number."""
    if days is None:
        return SESSIONS
    first = TODAY - timedelta(days=days - 1)
    return [one for one in SESSIONS if first <= day(one) <= TODAY]


def total(sessions: Iterable[Transcript], *names: str) -> float:
    return sum(float(one.session[name]) for one in sessions for name in names)


def figures(sessions: list[Transcript]) -> Json:
    return {
        "Sessions": len(sessions),
        "Tokens": total(sessions, "promptTokens", "completionTokens"),
        "Cost": total(sessions, "cost"),
        "Time": total(sessions, "durationMs"),
        "Messages": sum(len(one.messages) for one in sessions),
        "Active days": len({day(one) for one in sessions}),
        "Models": len({one.session["model"] for one in sessions}),
        "Projects": len({one.session["projectName"] for one in sessions}),
    }


async def shown(page: Page) -> Json:
    """Return the exact value of each card."""
    cards = page.get_by_label("Totals")
    await expect(cards.locator("data").nth(7)).to_be_visible()
    pairs: list[list[str]] = await cards.locator("> div").evaluate_all(
        """cards => cards.map(card => [card.querySelector("dt").firstChild.textContent,
                                        card.querySelector("data").value])"""
    )
    return {name: float(value) for name, value in pairs}


async def test_the_cards_hold_the_sums_of_the_period(reader: Visitor) -> None:
    for days in (7, 14, 30, 60, 90, None):
        page = await reader.open(f"/?range={days or 'all'}")

        assert await shown(page) == figures(within(days)), days


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("model=gpt-5-mini", lambda s: s["model"] == "gpt-5-mini"),
        ("project=tidemark", lambda s: s["projectName"] == "tidemark"),
        ("source=claude-code", lambda s: s["source"] == "claude-code"),
        (
            "project=ledger&source=opencode",
            lambda s: s["projectName"] == "ledger" and s["source"] == "opencode",
        ),
    ],
)
async def test_a_filter_narrows_every_figure(
    reader: Visitor, query: str, holds: Callable[[Json], bool]
) -> None:
    page = await reader.open(f"/?range=all&{query}")

    assert await shown(page) == figures([one for one in SESSIONS if holds(one.session)])


async def test_a_filter_is_chosen_by_hand_and_taken_away(reader: Visitor) -> None:
    page = await reader.open("/?range=all")
    await expect(page.get_by_label("Totals").locator("data").first).to_have_text("24")

    await page.get_by_role("button", name="Model", exact=True).click()
    await page.get_by_role("option", name="kimi-k2").click()
    await page.keyboard.press("Escape")

    mine = [one for one in SESSIONS if one.session["model"] == "kimi-k2"]
    sessions = page.get_by_label("Totals").locator("data").first
    await expect(sessions).to_have_text(str(len(mine)))
    assert await shown(page) == figures(mine)
    await page.get_by_role("button", name="Remove the filter Model kimi-k2").click()
    await expect(sessions).to_have_text("24")


async def test_another_period_is_chosen_by_hand(reader: Visitor) -> None:
    page = await reader.open("/")
    await page.get_by_role("combobox", name="Period").click()
    await page.get_by_role("option", name="Last 7 days").click()

    sessions = page.get_by_label("Totals").locator("data").first
    await expect(sessions).to_have_text(str(len(within(7))))


async def test_the_chart_in_numbers_has_a_row_for_each_day_week_or_month(reader: Visitor) -> None:
    for by in ("day", "week", "month"):
        page = await reader.open(f"/?range=30&by={by}&table=true&metric=cost&stack=model")
        table = page.get_by_role("region", name="Cost").get_by_role("table")

        rows = await cells(table.locator("tbody tr"))

        wanted: dict[date, float] = {}
        for number in range(30):
            wanted.setdefault(bucket(TODAY - timedelta(days=29 - number), by), 0)
        for one in within(30):
            wanted[bucket(day(one), by)] += one.session["cost"]
        assert [money(row[-1]) for row in rows] == list(wanted.values()), by
        footer = (await cells(table.locator("tfoot tr")))[0]
        assert money(footer[-1]) == total(within(30), "cost")


def bucket(at: date, by: str) -> date:
    if by == "week":
        return at - timedelta(days=at.weekday())
    return at.replace(day=1) if by == "month" else at


def money(text: str) -> float:
    return float(text.replace("$", "").replace(",", ""))


async def cells(rows: Locator) -> list[list[str]]:
    await expect(rows.first).to_be_visible()
    found: list[list[str]] = await rows.evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    return found


async def test_projects_have_their_own_sums(reader: Visitor) -> None:
    page = await reader.open("/?range=all&order=-totalTokens")
    table = page.get_by_role("region", name="Usage by project").get_by_role("table")
    await expect(table.locator("tbody tr").first).to_be_visible()

    rows: list[list[str]] = await table.locator("tbody tr").evaluate_all(
        """rows => rows.map(row => [row.querySelector("th").innerText.trim(),
                            ...[...row.querySelectorAll("data")].map(({ value }) => value)])"""
    )

    projects = {one.session["projectName"] for one in SESSIONS}
    wanted = {}
    for project in projects:
        mine = [one for one in SESSIONS if one.session["projectName"] == project]
        wanted[project] = [
            len(mine),
            sum(len(one.messages) for one in mine),
            total(mine, "promptTokens", "completionTokens"),
            total(mine, "promptTokens"),
            total(mine, "completionTokens"),
            total(mine, "durationMs"),
            total(mine, "cost"),
        ]
    assert {name: [float(value) for value in values] for name, *values in rows} == wanted
    assert [row[0] for row in rows] == sorted(projects, key=lambda name: -wanted[name][2])


async def test_the_heat_map_counts_by_weekday_and_hour_of_the_reader(reader: Visitor) -> None:
    page = await reader.open("/?range=all&heat=sessions")
    rows = page.get_by_role("region", name="week").locator("tbody tr")
    await expect(rows).to_have_count(7)

    counts = [
        [int("".join(filter(str.isdigit, c)) or 0) for c in row[1:]] for row in await cells(rows)
    ]

    wanted = [[0] * 24 for _ in range(7)]
    for one in SESSIONS:
        wanted[moment(one).weekday()][moment(one).hour] += 1
    assert counts == wanted


async def test_shares_by_model_add_up(reader: Visitor) -> None:
    page = await reader.open("/?range=all")
    table = page.get_by_role("region", name="Usage by model").get_by_role("table")
    await expect(table.locator("tbody tr").first).to_be_visible()

    rows: list[list[str]] = await table.locator("tbody tr").evaluate_all(
        """rows => rows.map(row => [row.querySelector("th").innerText.trim(),
                            ...[...row.querySelectorAll("data")].map(({ value }) => value)])"""
    )

    for name, sessions, prompt, completion, tokens, cost in rows:
        mine = [one for one in SESSIONS if one.session["model"] == name]
        assert float(sessions) == len(mine)
        assert float(prompt) == total(mine, "promptTokens")
        assert float(completion) == total(mine, "completionTokens")
        assert float(tokens) == total(mine, "promptTokens", "completionTokens")
        assert float(cost) == total(mine, "cost")
    assert len(rows) == len({one.session["model"] for one in SESSIONS})


async def test_a_session_of_an_impossible_time_does_not_break_the_page(
    own_site: Site, visit_site: Visit
) -> None:
    """Some clients mistake microseconds for milliseconds."""
    [one, *_] = golden(END)
    own_site.put(Transcript(one.session | {"createdAt": END * 1000, "updatedAt": END * 1000}))

    page = (await visit_site(own_site.url, "/?range=all")).page

    await expect(page.get_by_label("Totals").locator("data").first).to_have_text("1")
