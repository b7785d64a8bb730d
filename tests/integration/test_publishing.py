"""Sharing a session: what strangers see, and that nothing is left when it is taken back."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from sidecar.domain import ids
from tests.conftest import Tenant
from tests.stored import accepted, session_of

Json = dict[str, Any]

SECRET = "sk-ant-" + "a1B2" * 8
SHELL = "<!doctype html><head><title>OpenSync</title></head><body><div id=root></div></body>"


async def stored(tenant: Tenant, messages: int = 1, text: str = "hello", **session: Any) -> str:
    """Store a session; return its id."""
    given = {"externalId": "s", "title": "Title", "projectPath": "/home/ada/work/engine", **session}
    sent = [
        {
            "sessionExternalId": "s",
            "externalId": f"m{number}",
            "role": "user",
            "textContent": f"{number} {text}",
            "createdAt": 1_700_000_000_000 + number // 2,  # some at the same time
            "parts": [{"type": "thinking", "content": "hm"}, {"type": "text", "content": text}],
        }
        for number in range(messages)
    ]
    await accepted(tenant, "batch", {"sessions": [given], "messages": sent})
    return ids.session_id(tenant.id, "s")


async def publish(tenant: Tenant, session: str, **include: bool) -> Json:
    async with tenant.browser as http:
        path = f"/api/sessions/{session}/publish"
        answer = await http.post(path, json={"include": include})
    assert answer.status_code == 200, answer.text
    result: Json = answer.json()
    return result


async def unpublish(tenant: Tenant, session: str) -> None:
    async with tenant.browser as http:
        answer = await http.post(f"/api/sessions/{session}/unpublish")
    assert answer.json() == {"ok": True}


async def visit(tenant: Tenant, path: str) -> httpx.Response:
    """Ask as a stranger does."""
    async with tenant.service.client("203.0.113.7") as http:
        return await http.get(path)


async def test_a_stranger_sees_what_the_owner_agreed_to_and_no_more(tenant: Tenant) -> None:
    text = f"see /home/ada/work/engine/a.py with {SECRET}"
    session = await stored(tenant, text=text, cost=1.5, projectName="engine", source="codex-cli")

    published = await publish(tenant, session)
    answer = await visit(tenant, f"/api/public/{published['slug']}")

    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["session"]["title"] == "Title"
    assert body["session"]["source"] == "codex-cli"
    assert body["session"].keys().isdisjoint({"cost", "projectPath", "projectName", "notes"})
    (message,) = body["messages"]
    assert message["textContent"] == "0 see [project]/a.py with [Anthropic key removed]"
    assert [part["type"] for part in message["parts"]] == ["text"]
    assert body["redactions"] == 2
    assert body["cursor"] is None
    for hidden in (tenant.id, session, tenant.record["email"], "ada", SECRET, "hm"):
        assert hidden not in answer.text


async def test_what_is_ticked_is_shown_and_publishing_again_changes_that(tenant: Tenant) -> None:
    session = await stored(tenant, cost=1.5)

    first = await publish(tenant, session, paths=True, cost=True)
    shown = (await visit(tenant, f"/api/public/{first['slug']}")).json()["session"]
    second = await publish(tenant, session)
    later = (await visit(tenant, f"/api/public/{first['slug']}")).json()["session"]

    assert (shown["cost"], shown["projectPath"]) == (1.5, "/home/ada/work/engine")
    assert second == first
    assert later.keys().isdisjoint({"cost", "projectPath"})


async def test_first_publications_in_the_same_instant_give_one_address_that_works(
    tenant: Tenant,
) -> None:
    session = await stored(tenant)

    made = await asyncio.gather(*(publish(tenant, session) for _ in range(20)))

    (slug,) = {each["slug"] for each in made}
    assert (await visit(tenant, f"/api/public/{slug}")).status_code == 200


async def test_a_publication_that_races_its_end_never_revives_an_address(tenant: Tenant) -> None:
    session = await stored(tenant)
    former: set[str] = set()
    for _ in range(10):
        begun = await publish(tenant, session)
        assert begun["slug"] not in former
        works = [publish(tenant, session), unpublish(tenant, session), publish(tenant, session)]
        made = await asyncio.gather(*works)
        slugs = {begun["slug"], *(each["slug"] for each in made if each)}
        # Made private once, it has one of two addresses and answers at no other.
        assert len(slugs) <= 2
        now = (await session_of(tenant))["publicSlug"]
        answers = {slug: await visit(tenant, f"/api/public/{slug}") for slug in slugs | former}
        assert [slug for slug, answer in answers.items() if answer.status_code == 200] == (
            [now] if now else []
        )
        former |= slugs - {now}
        await unpublish(tenant, session)
        former.add(now)


async def test_an_address_cannot_be_guessed_and_is_never_used_again(tenant: Tenant) -> None:
    session = await stored(tenant)

    first = await publish(tenant, session)
    await unpublish(tenant, session)
    gone = [await visit(tenant, f"{start}/{first['slug']}") for start in ("/api/public", "/s")]
    unknown = await visit(tenant, "/api/public/" + "a" * 32)
    second = await publish(tenant, session)

    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", first["slug"])  # 192 bits
    assert first["url"] == f"http://opensync.test/s/{first['slug']}"
    assert [answer.status_code for answer in gone] == [404, 404]
    assert (gone[0].status_code, gone[0].json()) == (unknown.status_code, unknown.json())
    assert second["slug"] != first["slug"]
    assert (await visit(tenant, f"/api/public/{first['slug']}")).status_code == 404


@pytest.mark.parametrize("slug", ["", "x", "%00", "a" * 65, "'%20OR%201=1", "..%2Fhealth", "é"])
async def test_what_is_no_slug_is_not_there(tenant: Tenant, slug: str) -> None:
    await stored(tenant)  # its slug is empty

    assert (await visit(tenant, f"/api/public/{slug}")).status_code == 404


async def test_a_deleted_session_is_no_longer_shared(tenant: Tenant) -> None:
    session = await stored(tenant)
    published = await publish(tenant, session)

    await tenant.service.context.pocketbase.delete("sessions", session)

    assert (await visit(tenant, f"/api/public/{published['slug']}")).status_code == 404


async def test_a_long_session_comes_in_pages_every_message_once_and_in_order(
    tenant: Tenant,
) -> None:
    session = await stored(tenant, messages=450)
    published = await publish(tenant, session)

    texts: list[str] = []
    sizes = []
    cursor = ""
    while cursor is not None:
        path = f"/api/public/{published['slug']}?cursor={cursor}"
        page = (await visit(tenant, path)).json()
        texts += [message["textContent"] for message in page["messages"]]
        sizes.append(len(page["messages"]))
        cursor = page["cursor"]

    assert sizes == [200, 200, 50]
    assert texts == [f"{number} hello" for number in range(450)]


async def test_long_messages_come_in_shorter_pages(tenant: Tenant) -> None:
    session = await stored(tenant, messages=6, text="word " * 50_000)
    published = await publish(tenant, session)

    first = (await visit(tenant, f"/api/public/{published['slug']}")).json()

    assert 1 <= len(first["messages"]) < 6
    assert first["cursor"] is not None


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwxLCJiIl0", "é", "WzEsMixudWxsXQ"])
async def test_a_cursor_of_somebody_elses_making_is_refused(tenant: Tenant, cursor: str) -> None:
    published = await publish(tenant, await stored(tenant))

    answer = await visit(tenant, f"/api/public/{published['slug']}?cursor={cursor}")

    assert answer.status_code == 400


async def test_sync_neither_publishes_nor_takes_back(tenant: Tenant) -> None:
    session = await stored(tenant)
    published = await publish(tenant, session, cost=True)

    await stored(tenant, messages=2, isPublic=False, publicSlug="mine", publicInclude={})

    row = await session_of(tenant)
    assert (row["isPublic"], row["publicSlug"]) == (True, published["slug"])
    assert row["publicInclude"] == {"paths": False, "cost": True, "notes": False}


async def test_the_page_tells_previews_of_the_link_what_it_is(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = f'<b>"Mend"</b> /home/ada/work/engine {SECRET}'
    session = await stored(tenant, title=title, source="codex-cli", model="a-model")
    published = await publish(tenant, session)
    shell(tenant, monkeypatch)

    answer = await visit(tenant, f"/s/{published['slug']}")

    assert answer.status_code == 200
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = answer.text
    safe = "&lt;b&gt;&quot;Mend&quot;&lt;/b&gt; [project] [Anthropic key removed]"
    assert f"<title>{safe} · OpenSync</title>" in page
    assert f'<meta property="og:title" content="{safe}">' in page
    assert '<meta property="og:description" content="codex-cli · a-model · 1 message">' in page
    assert f'<meta property="og:url" content="{published["url"]}">' in page
    assert page.endswith("</head><body><div id=root></div></body>")
    assert "ada" not in page and "<script" not in page


async def test_the_page_of_a_session_without_a_title_is_shown_too(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell(tenant, monkeypatch)
    made = await publish(tenant, await stored(tenant, title=""))

    answer = await visit(tenant, f"/s/{made['slug']}")

    assert answer.status_code == 200
    assert '<meta property="og:title" content="A shared session">' in answer.text


async def test_the_page_of_an_unknown_address_is_the_dashboard_with_404(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell(tenant, monkeypatch)

    answer = await visit(tenant, "/s/" + "a" * 32)

    assert answer.status_code == 404
    assert "<div id=root></div>" in answer.text
    assert "og:" not in answer.text


def shell(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have PocketBase serve a dashboard."""
    pocketbase = tenant.service.context.pocketbase
    real = pocketbase.request

    async def request(method: str, path: str, **arguments: Any) -> httpx.Response:
        if path == "/":
            return httpx.Response(200, text=SHELL)
        return await real(method, path, **arguments)

    monkeypatch.setattr(pocketbase, "request", request)
