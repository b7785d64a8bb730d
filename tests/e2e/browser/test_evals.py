"""Sessions become a dataset: marked, judged one after the other from the keyboard, exported."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser.conftest import Site, Visit
from tests.e2e.browser.looks import barriers, barriers_in_both_themes, overflow, picture
from tests.e2e.browser.stored import record, records
from tests.e2e.browser.test_live import session
from tests.e2e.browser.visitor import PHONE, Visitor
from tests.generated import HOUR, Transcript


def some(site: Site, name: str, count: int = 3, **facts: Any) -> list[Transcript]:
    """Put sessions of two turns each there, the latest first, named with the name and 0 on."""
    made = []
    for number in range(count):
        one = session(f"{name} {number}")
        at = one.session["createdAt"] - (number + 1) * HOUR
        one.session |= {"createdAt": at, "updatedAt": at, **facts}
        for turn in ("first", "second"):
            one.say("user", f"The {turn} question of {number}?")
            one.say("assistant", f"The {turn} answer of {number}.")
        made.append(one)
    site.put(*made)
    return made


async def change(site: Site, made: Sequence[Transcript], **values: Any) -> None:
    body = {"ids": [site.id_of(one.id) for one in made], "set": values}
    headers = {"Origin": site.url, "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers, timeout=30) as api:
        (await api.post("/api/sessions/update", json=body)).raise_for_status()


async def ready(site: Site, count: int = 3, **facts: Any) -> tuple[str, list[Transcript]]:
    """Return sessions that are marked for evals, and what all their titles begin with."""
    name = f"eval {uuid.uuid4().hex[:8]}"
    made = some(site, name, count, **facts)
    await change(site, made, evalReady=True)
    return name, made


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Sessions for evals").get_by_role("listitem")


def review(page: Page) -> Locator:
    return page.get_by_role("region", name="Review")


async def reviewing(page: Page, title: str) -> Locator:
    """Wait until the session is under review, with what was said in it."""
    panel = review(page)
    await expect(panel.get_by_role("heading", name=title, exact=True)).to_be_visible()
    await expect(panel.get_by_role("group", name="Verdict")).to_be_visible()
    await expect(panel.get_by_text(re.compile("The first question"))).to_be_visible()
    return panel


async def saved(page: Page) -> None:
    word = review(page).get_by_role("status").get_by_text("Saved", exact=True)
    await expect(word).to_be_visible()


async def verdict(page: Page, name: str | None) -> None:
    """Wait until this is the one verdict that is chosen, and stored."""
    chosen = review(page).get_by_role("group", name="Verdict").get_by_role("button", pressed=True)
    await expect(chosen).to_have_count(0 if name is None else 1)
    if name is not None:
        await expect(chosen).to_contain_text(name)


async def test_sessions_that_are_marked_in_the_list_are_there_to_review(
    small_site: Site, visit_site: Visit
) -> None:
    name = f"marked {uuid.uuid4().hex[:8]}"
    made = some(small_site, name)
    page = (await visit_site(small_site.url, f"/sessions?q={name}")).page
    for number in (0, 2):
        row = page.get_by_role("grid").get_by_role("row").filter(has_text=f"{name} {number}")
        await row.get_by_role("checkbox").check()

    toolbar = page.get_by_role("toolbar", name="Selected sessions")
    await toolbar.get_by_role("button", name="Evals").click()
    await page.get_by_role("menuitem", name="Add to evals").click()
    await expect(page.get_by_text("2 sessions changed.")).to_be_visible()

    await page.goto(f"{small_site.url}/evals?q={name}")
    await expect(rows(page)).to_have_count(2)
    await expect(rows(page).nth(0)).to_contain_text(f"{name} 0")
    await expect(rows(page).nth(1)).to_contain_text(f"{name} 2")
    assert [(await record(small_site, one))["evalReady"] for one in made] == [True, False, True]


async def test_a_review_needs_nothing_but_the_keyboard_and_is_stored(
    small_site: Site, visit_site: Visit
) -> None:
    name, made = await ready(small_site)
    page = (await visit_site(small_site.url, f"/evals?q={name}")).page
    start = page.get_by_role("button", name="Start reviewing")
    await start.focus()
    await page.keyboard.press("Enter")
    await reviewing(page, f"{name} 0")

    await page.keyboard.press("1")
    await verdict(page, "Golden")
    await page.keyboard.press("n")
    await reviewing(page, f"{name} 1")
    await page.keyboard.press("2")
    await verdict(page, "Correct")
    await page.keyboard.press("3")  # it was the wrong key
    await verdict(page, "Incorrect")
    await page.keyboard.press("j")
    await reviewing(page, f"{name} 2")
    await page.keyboard.press("4")
    await verdict(page, "Needs review")
    await page.keyboard.press("4")  # the same again takes it back
    await verdict(page, None)
    await saved(page)
    await page.keyboard.press("n")  # there is no further one
    await reviewing(page, f"{name} 2")
    await page.keyboard.press("p")
    await reviewing(page, f"{name} 1")
    await page.keyboard.press("k")
    await reviewing(page, f"{name} 0")

    await page.reload()
    await reviewing(page, f"{name} 0")
    await verdict(page, "Golden")
    await page.keyboard.press("Escape")
    await expect(review(page)).to_have_count(0)
    for number, label in enumerate(("Golden", "Incorrect", "Not reviewed")):
        await expect(rows(page).nth(number)).to_contain_text(label)
    stored = [await record(small_site, one) for one in made]
    assert [one["evalStatus"] for one in stored] == ["golden", "incorrect", ""]
    assert [one["reviewedAt"] > 0 for one in stored] == [True, True, False]


async def test_keys_lead_to_the_fields_where_they_are_text(
    small_site: Site, visit_site: Visit
) -> None:
    name, [made, _] = await ready(small_site, 2)
    page = (
        await visit_site(small_site.url, f"/evals?q={name}&id={small_site.id_of(made.id)}")
    ).page
    panel = await reviewing(page, f"{name} 0")
    tags, expected, notes = (
        panel.get_by_label(label) for label in ("Tags", "Expected output", "Notes")
    )

    await page.keyboard.press("t")
    await expect(tags).to_be_focused()
    await expect(tags).to_have_value("")
    await page.keyboard.type("n1, slow")
    await page.keyboard.press("Enter")
    await expect(panel.get_by_role("button", name="Remove the tag slow")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("e")
    await expect(expected).to_be_focused()
    await page.keyboard.type("4 notes, not 1")
    await page.keyboard.press("Escape")
    await page.keyboard.press("o")
    await expect(notes).to_be_focused()
    await page.keyboard.type("step 2 is 0")
    await expect(expected).to_have_value("4 notes, not 1")
    await verdict(page, None)
    await page.keyboard.press("Escape")
    await saved(page)
    await page.keyboard.press("n")
    await reviewing(page, f"{name} 1")
    await page.keyboard.press("p")

    await reviewing(page, f"{name} 0")
    await page.reload()
    await reviewing(page, f"{name} 0")
    await expect(expected).to_have_value("4 notes, not 1")
    await expect(notes).to_have_value("step 2 is 0")
    stored = await record(small_site, made)
    assert stored["evalTags"] == ["n1", "slow"]
    assert (stored["expectedOutput"], stored["evalNotes"]) == ("4 notes, not 1", "step 2 is 0")
    assert stored["evalStatus"] == ""


async def test_what_was_typed_is_stored_when_the_next_session_is_chosen(
    small_site: Site, visit_site: Visit
) -> None:
    name, [made, _] = await ready(small_site, 2)
    page = (
        await visit_site(small_site.url, f"/evals?q={name}&id={small_site.id_of(made.id)}")
    ).page
    panel = await reviewing(page, f"{name} 0")

    await panel.get_by_label("Notes").fill("Never left")
    async with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        await panel.get_by_role("button", name="Next session").click()
    await reviewing(page, f"{name} 1")
    await panel.get_by_role("button", name="Previous session").click()

    await expect(panel.get_by_label("Notes")).to_have_value("Never left")
    await page.reload()
    await expect(panel.get_by_label("Notes")).to_have_value("Never left")


async def test_a_judged_session_that_leaves_the_list_makes_room_for_the_next(
    small_site: Site, visit_site: Visit
) -> None:
    name, _ = await ready(small_site, 4)
    page = (await visit_site(small_site.url, f"/evals?q={name}&verdict=unreviewed")).page
    await rows(page).nth(1).get_by_role("button").click()
    await reviewing(page, f"{name} 1")

    await page.keyboard.press("1")
    await expect(rows(page)).to_have_count(3)
    await reviewing(page, f"{name} 1")
    await page.keyboard.press("n")
    await reviewing(page, f"{name} 2")
    await page.keyboard.press("2")
    await expect(rows(page)).to_have_count(2)
    await page.keyboard.press("p")

    await reviewing(page, f"{name} 0")


async def test_filters_are_in_the_address_and_the_figures_follow_them(
    small_site: Site, visit_site: Visit
) -> None:
    _, made = await ready(small_site, 4, model=f"model-{uuid.uuid4().hex[:6]}")
    model = made[0].session["model"]
    tag = f"tag-{uuid.uuid4().hex[:6]}"
    await change(small_site, made[:3], addTags=[tag])
    await change(small_site, made[:2], evalStatus="golden")
    await change(small_site, made[3:], evalStatus="golden")
    page = (await visit_site(small_site.url, "/evals")).page

    async def choose(filter: str, option: str) -> None:
        await page.get_by_role("combobox", name=filter, exact=True).click()
        await page.get_by_role("option", name=option, exact=True).click()

    async def figures() -> dict[str, str]:
        tiles = page.get_by_role("group", name="Filter by verdict").get_by_role("button")
        texts = [text.split("\n") for text in await tiles.all_inner_texts()]
        return {text[0]: text[-1] for text in texts}

    await choose("Model", model)
    await expect(rows(page)).to_have_count(4)
    await choose("Tag", tag)
    await expect(page).to_have_url(re.compile(f"model={model}.*tag={tag}"))
    await expect(rows(page)).to_have_count(3)
    tiles = page.get_by_role("group", name="Filter by verdict")
    await expect(tiles.get_by_role("button", name="All 3")).to_be_visible()
    shown = await figures()
    assert (shown["All"], shown["Golden"], shown["Not reviewed"]) == ("3", "2", "1")
    await tiles.get_by_role("button", name="Golden").click()
    await expect(page).to_have_url(re.compile("verdict=golden"))
    await expect(rows(page)).to_have_count(2)

    await page.reload()
    await expect(rows(page)).to_have_count(2)
    await expect(tiles.get_by_role("button", pressed=True)).to_contain_text("Golden")
    await choose("Tokens", "1M+ tokens")
    await expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    assert await barriers(page) == []
    await page.get_by_role("button", name="Clear the filters").click()
    await expect(rows(page).nth(4)).to_be_visible()


async def test_a_verdict_and_tags_are_given_to_a_whole_selection(
    small_site: Site, visit_site: Visit
) -> None:
    name, made = await ready(small_site)
    page = (await visit_site(small_site.url, f"/evals?q={name}")).page
    boxes = [rows(page).nth(number).get_by_role("checkbox") for number in (0, 1)]
    toolbar = page.get_by_role("toolbar", name="Selected sessions")
    for box in boxes:
        await box.check()
    await expect(toolbar).to_contain_text("2 selected")

    await toolbar.get_by_role("button", name="Set verdict").click()
    incorrect = page.get_by_role("menuitem", name="Incorrect")
    await expect(incorrect).to_be_visible()
    assert await barriers(page) == []
    await incorrect.press("Enter")
    await expect(page.get_by_text("Incorrect: 2 sessions")).to_be_visible()
    for box in boxes:
        await box.check()
    await toolbar.get_by_role("button", name="Tags").click()
    dialog = page.get_by_role("dialog", name="Tags of 2 sessions")
    assert await barriers(page) == []
    await dialog.get_by_label("Add").fill("bulk, wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Tags changed: 2 sessions")).to_be_visible()

    stored = await records(small_site, name)
    assert [one["evalStatus"] for one in stored] == ["incorrect", "incorrect", ""]
    assert [one["evalTags"] or [] for one in stored] == [["bulk", "wrong"], ["bulk", "wrong"], []]
    await boxes[0].check()
    await toolbar.get_by_role("button", name="Remove from evals").click()
    await expect(rows(page)).to_have_count(2)
    assert (await record(small_site, made[0]))["evalReady"] is False


def cases_of_json(text: str) -> int:
    return len(json.loads(text))


def cases_of_lines(text: str) -> int:
    return len([json.loads(line) for line in text.splitlines()])


@pytest.mark.parametrize(
    ("format", "cases"),
    [
        ("DeepEval", cases_of_json),
        ("OpenAI Evals", cases_of_lines),
        ("promptfoo", cases_of_lines),
    ],
)
async def test_a_dataset_has_as_many_cases_as_were_announced(
    small_site: Site, visit_site: Visit, tmp_path: Path, format: str, cases: Callable[[str], int]
) -> None:
    name, _ = await ready(small_site)
    page = (await visit_site(small_site.url, f"/evals?q={name}")).page
    await rows(page).nth(0).get_by_role("checkbox").check()
    await rows(page).nth(2).get_by_role("checkbox").check()
    await page.get_by_role("button", name="Export", exact=True).click()
    dialog = page.get_by_role("dialog", name="Export a dataset")

    await dialog.get_by_role("combobox", name="Format").click()
    await page.get_by_role("option", name=format, exact=True).click()
    for mode, announced in (("Each turn", 4), ("Last turn", 2)):
        if mode != "Each turn":
            await page.get_by_role("button", name="Export", exact=True).click()
            await dialog.get_by_role("combobox", name="Format").click()
            await page.get_by_role("option", name=format, exact=True).click()
            await dialog.get_by_role("radio", name=mode).click()
        said = dialog.get_by_text(f"{announced} test cases from 2 sessions")
        await expect(said).to_be_visible()
        async with page.expect_download() as download:
            await dialog.get_by_role("button", name="Download").click()
        path = tmp_path / mode
        await (await download.value).save_as(path)
        assert cases(path.read_text("utf-8")) == announced
        await expect(dialog).to_have_count(0)


async def test_reviewing_and_exporting_fit_on_a_phone_without_barriers(
    small_site: Site, visit_site: Visit
) -> None:
    name, made = await ready(small_site)
    await change(small_site, made[:1], evalStatus="golden", addTags=["regression", "a longer tag"])
    visitor: Visitor = await visit_site(
        small_site.url, f"/evals?q={name}", viewport=PHONE, theme="dark"
    )
    page = visitor.page

    await rows(page).nth(1).get_by_role("checkbox").check()
    assert await overflow(page) == []
    await page.get_by_role("button", name="Export", exact=True).click()
    await expect(page.get_by_text("2 test cases from 1 session")).to_be_visible()
    assert await barriers(page) == []
    assert await overflow(page) == []
    await picture(page, "evals-export-phone-dark")
    await page.keyboard.press("Escape")
    await rows(page).nth(0).get_by_role("button").click()
    await reviewing(page, f"{name} 0")
    assert await overflow(page) == []
    assert await barriers_in_both_themes(page, "evals-review-phone") == []
