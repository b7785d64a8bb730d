"""Files that leave: a page opened by a browser, a dataset and messages downloaded by a person."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import httpx
from playwright.async_api import Browser, expect

from tests import transcripts
from tests.e2e.browser.conftest import Site
from tests.e2e.browser.test_live import session
from tests.e2e.browser.visitor import PHONE, Visitor, visit
from tests.generated import now
from tests.showcase import every_tool, hostile


async def test_an_exported_page_shows_every_message_and_runs_nothing(
    site: Site, chromium: Browser, tmp_path: Path
) -> None:
    end = now()
    recorded = transcripts.recorded()
    site.put(*recorded)
    for made in (hostile(end), every_tool(end), *recorded):
        id = site.id_of(made.id)
        async with httpx.AsyncClient(base_url=site.url, timeout=60) as http:
            answer = await http.get(f"/api/export?id={id}&format=html")
        path = tmp_path / f"{id}.html"
        path.write_bytes(answer.raise_for_status().content)

        async with visit(chromium, path.as_uri(), viewport=PHONE) as visitor:
            page = await visitor.open("")
            shown = await page.locator("article").evaluate_all("all => all.map(one => one.id)")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert visitor.problems == []

        assert shown == [site.message_id(made.id, m["externalId"]) for m in made.messages]
        assert width <= PHONE["width"]


async def test_a_dataset_has_the_cases_that_were_announced(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    name = f"leaving {uuid.uuid4().hex}"
    made = session(name)
    made.say("user", "What is the time?")
    made.say("assistant", "Noon.")
    made.say("user", "And in code?")
    made.say("assistant", "```py\nNOON\n```")
    site.put(made)
    ready = {"ids": [site.id_of(made.id)], "set": {"evalReady": True}}
    headers = {"Origin": site.url, "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers) as http:
        (await http.post("/api/sessions/update", json=ready)).raise_for_status()
    page = await visitor.open(f"/evals?q={name}")

    await page.get_by_role("button", name="Export", exact=True).click()
    await expect(page.get_by_text("2 test cases from 1 session")).to_be_visible()
    await page.get_by_role("checkbox", name="Only answers with code").check()
    await expect(page.get_by_text("1 test case from 1 session")).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download").click()
    path = tmp_path / "dataset.json"
    await (await download.value).save_as(path)

    assert [case["input"] for case in json.loads(path.read_text("utf-8"))] == ["And in code?"]


async def test_messages_of_what_is_listed_are_downloaded(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    name = f"leaving {uuid.uuid4().hex}"
    made = session(name)
    made.say("user", "Hello.")
    site.put(made)
    page = await visitor.open(f"/sessions?q={name}")
    await expect(page.get_by_text("1 session", exact=True)).to_be_visible()

    await page.get_by_role("button", name="Export", exact=True).click()
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name="JSON lines").click()
    path = tmp_path / "messages.jsonl"
    await (await download.value).save_as(path)

    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["session"]["title"] for line in lines] == [name] * len(made.messages)


async def test_a_long_export_tells_how_far_it_is_and_can_be_stopped(visitor: Visitor) -> None:
    page = await visitor.open("/sessions")
    await expect(page.get_by_role("grid").get_by_role("link").first).to_be_visible()
    line = await page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": 100_000, "uploadThroughput": -1}
    await line.send("Network.emulateNetworkConditions", slow)

    await page.get_by_role("button", name="Export", exact=True).click()
    await page.get_by_role("menuitem", name="Full JSON").click()
    downloads = page.get_by_role("region", name="Downloads")
    await expect(downloads).to_contain_text(re.compile(r"Exporting \d+,\d+ sessions.*\d [KM]B"))
    await downloads.get_by_role("button", name="Stop").click()

    await expect(downloads).to_have_count(0)
