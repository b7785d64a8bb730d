"""Reading sessions back: pages, one whole, totals."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sidecar.domain import ids
from tests.conftest import Tenant, make_tenant
from tests.serving import Service
from tests.stored import accepted, read, sessions_of, transcript

Body = dict[str, Any]
MS = 1_760_000_000_000

SESSION_KEYS = {
    *("id", "externalId", "title", "projectPath", "projectName", "model", "provider", "source"),
    *("promptTokens", "completionTokens", "totalTokens", "cost", "durationMs", "isPublic"),
    *("messageCount", "createdAt", "updatedAt"),
}
MESSAGE_KEYS = {
    *("id", "externalId", "role", "textContent", "model", "promptTokens", "completionTokens"),
    *("durationMs", "createdAt", "parts"),
}


@pytest.fixture(scope="module")
async def reader(service: Service) -> Tenant:
    """A tenant with 450 sessions, many of them last changed in the same millisecond."""
    tenant = await make_tenant(service)
    sessions = [
        {
            "externalId": f"s{number:03}",
            "title": f"Session {number}",
            "source": ("pi", "claude-code", "cursor")[number % 3],
            "model": ("gpt-5", 'o\'model "x" \\ %', "")[number % 3],
            "projectName": f"project {number % 2}",
            "promptTokens": number,
            "createdAt": MS,
            "updatedAt": MS + number // 100,
        }
        for number in range(450)
    ]
    await accepted(tenant, "batch", {"sessions": sessions})
    return tenant


async def get(tenant: Tenant, path: str, **query: str) -> httpx.Response:
    async with tenant.api as api:
        return await api.get(path, params=query)


async def pages(tenant: Tenant, **query: str) -> list[list[Body]]:
    """Return the sessions of every page."""
    found = []
    cursor: str | None = None
    while True:
        page = await read(
            tenant, "/api/sessions", **query, **({"cursor": cursor} if cursor else {})
        )
        found.append(page["sessions"])
        cursor = page["cursor"]
        if cursor is None:
            return found
        assert len(found) < 1000


def names(sessions: list[Body]) -> list[str]:
    return [session["externalId"] for session in sessions]


def assert_error(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    sentence = answer.json()["error"]
    assert isinstance(sentence, str)
    assert sentence
    return sentence


# Pages.


@pytest.mark.parametrize(
    ("limit", "shown"), [(None, 50), ("1", 1), ("200", 200), ("201", 200), ("999999999", 200)]
)
async def test_a_page_has_as_many_sessions_as_asked_for_and_200_at_most(
    reader: Tenant, limit: str | None, shown: int
) -> None:
    page = await read(reader, "/api/sessions", **({"limit": limit} if limit else {}))

    assert len(page["sessions"]) == shown


@pytest.mark.parametrize("limit", ["0", "-1", "abc", "1.5", "1e2", "٣", " ", "+5", "9" * 30])
async def test_a_limit_that_is_no_whole_number_from_1_is_refused(
    reader: Tenant, limit: str
) -> None:
    assert "limit" in assert_error(await get(reader, "/api/sessions", limit=limit), 400)


async def test_an_empty_limit_is_the_default(reader: Tenant) -> None:
    assert len((await read(reader, "/api/sessions", limit=""))["sessions"]) == 50


@pytest.mark.parametrize("limit", ["7", "50", "100", "150", "200"])
async def test_the_cursor_leads_through_all_sessions_once_each(reader: Tenant, limit: str) -> None:
    found = [session for page in await pages(reader, limit=limit) for session in page]

    assert sorted(names(found)) == [f"s{number:03}" for number in range(450)]
    assert found == sorted(found, key=lambda s: (s["updatedAt"], s["id"]), reverse=True)


async def test_a_session_that_arrives_while_somebody_pages_moves_no_other(
    tenant: Tenant,
) -> None:
    sessions = [{"externalId": str(n), "createdAt": MS, "updatedAt": MS + n} for n in range(10)]
    await accepted(tenant, "batch", {"sessions": sessions})
    first = await read(tenant, "/api/sessions", limit="4")
    await accepted(tenant, "session", {"externalId": "new"})
    second = await read(tenant, "/api/sessions", limit="4", cursor=first["cursor"])

    assert names(first["sessions"] + second["sessions"]) == [str(n) for n in range(9, 1, -1)]


async def test_a_page_that_is_not_full_is_the_last(tenant: Tenant) -> None:
    await accepted(tenant, "session", {"externalId": "s"})

    page = await read(tenant, "/api/sessions", limit="2")
    assert (len(page["sessions"]), page["cursor"]) == (1, None)


async def test_a_user_without_sessions_gets_an_empty_page(tenant: Tenant) -> None:
    assert await read(tenant, "/api/sessions") == {"sessions": [], "cursor": None}


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


ID = "a" * 15


@pytest.mark.parametrize(
    "value",
    [
        *("x", "!!", "é", "=", "a" * 5000, "\0"),
        *(cursor(text) for text in (":", "5", "5:", f":{ID}", f"five:{ID}", f"5:{ID}a")),
        *(cursor(text) for text in (f"5:{ID[:-1]}'", "5:' || 1=1 || '", f"1.5:{ID}", f"NaN:{ID}")),
    ],
)
async def test_a_cursor_that_was_not_given_out_is_refused(reader: Tenant, value: str) -> None:
    assert "cursor" in assert_error(await get(reader, "/api/sessions", cursor=value), 400)


@pytest.mark.parametrize("number", ["9" * 30, "9" * 400, "-5", "0", "1_000", " 5"])
async def test_a_cursor_with_an_odd_number_does_no_harm(reader: Tenant, number: str) -> None:
    answer = await get(reader, "/api/sessions", cursor=cursor(f"{number}:{ID}"))

    assert answer.status_code in (200, 400), answer.text


# Filters.


FILTERS: list[tuple[Body, Callable[[int], bool]]] = [
    ({"source": "pi"}, lambda n: n % 3 == 0),
    ({"source": "claude-code"}, lambda n: n % 3 == 1),
    ({"source": "cursor-sync"}, lambda n: n % 3 == 2),
    ({"source": "cursor"}, lambda n: n % 3 == 2),
    ({"source": "CURSOR"}, lambda n: n % 3 == 2),
    ({"model": "gpt-5"}, lambda n: n % 3 == 0),
    ({"model": 'o\'model "x" \\ %'}, lambda n: n % 3 == 1),
    ({"project": "project 1"}, lambda n: n % 2 == 1),
    ({"source": "pi", "model": "gpt-5", "project": "project 1"}, lambda n: n % 6 == 3),
    ({"source": "pi", "model": 'o\'model "x" \\ %'}, lambda n: False),
    ({"source": ""}, lambda n: True),
    ({"source": "nobody"}, lambda n: False),
    ({"model": "gpt"}, lambda n: False),
    ({"model": "GPT-5"}, lambda n: False),
    ({"model": "%"}, lambda n: False),
    ({"model": '" || user != "'}, lambda n: False),
    ({"project": "{:user}"}, lambda n: False),
    ({"project": "@request.auth.id"}, lambda n: False),
    ({"other": "ignored"}, lambda n: True),
]


@pytest.mark.parametrize(("query", "matches"), FILTERS, ids=lambda value: str(value)[:60])
async def test_filters_are_exact_and_work_over_pages(
    reader: Tenant, query: dict[str, str], matches: Callable[[int], bool]
) -> None:
    found = [s for page in await pages(reader, limit="200", **query) for s in page]

    assert sorted(names(found)) == [f"s{n:03}" for n in range(450) if matches(n)]


@pytest.mark.parametrize("name", ["source", "model", "project"])
@pytest.mark.parametrize("value", ["x" * 5000, "🦜" * 2000, "\0", "a\nb\r\t\x7f"], ids=len)
async def test_a_filter_that_can_match_nothing_does_no_harm(
    reader: Tenant, name: str, value: str
) -> None:
    answer = await get(reader, "/api/sessions", **{name: value})

    if answer.status_code == 200:
        assert answer.json() == {"sessions": [], "cursor": None}
    else:
        assert_error(answer, 400)


@pytest.mark.parametrize("letter", ["x", '"', "\\", "\x01", "🦜"], ids=ascii)
async def test_the_longest_filters_that_could_match_work_together(
    reader: Tenant, letter: str
) -> None:
    query = {"source": letter * 64, "model": letter * 256, "project": letter * 512}
    cursor_ = cursor(f"{MS}:{ID}")

    assert (await read(reader, "/api/sessions", **query, cursor=cursor_))["sessions"] == []


async def test_a_filter_finds_text_of_every_kind(tenant: Tenant) -> None:
    for project in (
        'a "b" \\ c',
        "tab\there",
        "line\nbreak",
        "🦜 é",
        "x' y",
        "\\n",
        "\x7f",
        "\r",
        "\x01\x1f",
    ):
        name = uuid.uuid4().hex
        await accepted(tenant, "session", {"externalId": name, "projectName": f"<{project}>"})

        page = await read(tenant, "/api/sessions", project=f"<{project}>")
        assert names(page["sessions"]) == [name], repr(project)


# One session.


async def test_a_session_is_shown_with_all_its_keys_and_null_for_what_is_not_known(
    tenant: Tenant,
) -> None:
    await accepted(tenant, "session", {"externalId": "bare", "createdAt": MS, "updatedAt": MS})
    await accepted(
        tenant, "message", {"sessionExternalId": "bare", "externalId": "m", "createdAt": MS}
    )

    shown = await transcript(tenant, "bare")
    listed = (await read(tenant, "/api/sessions"))["sessions"][0]

    assert shown["session"] == listed
    assert shown["session"].keys() == SESSION_KEYS
    assert shown["session"] == {
        "id": ids.session_id(tenant.id, "bare"),
        "externalId": "bare",
        **dict.fromkeys(("title", "projectPath", "projectName", "model", "provider")),
        "source": "opencode",
        **dict.fromkeys(("promptTokens", "completionTokens", "totalTokens", "cost"), 0),
        "durationMs": None,
        "isPublic": False,
        "messageCount": 1,
        "createdAt": MS,
        "updatedAt": MS,
    }
    assert shown["messages"][0].keys() == MESSAGE_KEYS
    assert shown["messages"][0] == {
        "id": ids.message_id(shown["session"]["id"], "m"),
        "externalId": "m",
        "role": "unknown",
        **dict.fromkeys(("textContent", "model", "promptTokens", "completionTokens")),
        "durationMs": None,
        "createdAt": MS,
        "parts": [],
    }


async def test_a_session_is_shown_the_same_by_either_address(tenant: Tenant) -> None:
    id = (await accepted(tenant, "session", {"externalId": "s", "title": "T"}))["sessionId"]

    by_path = await read(tenant, f"/api/sessions/{id}")
    by_query = await read(tenant, "/api/sessions/get", id=id)
    assert by_path == by_query
    assert by_path["messages"] == []


async def test_a_signed_in_browser_and_a_token_read_what_the_key_reads(tenant: Tenant) -> None:
    await accepted(tenant, "message", {"sessionExternalId": "s", "externalId": "m"})
    paths = ["/api/sessions", f"/api/sessions/{ids.session_id(tenant.id, 's')}", "/api/stats"]

    async with (
        tenant.api as api,
        tenant.browser as browser,
        tenant.service.client(Authorization=await tenant.token()) as sdk,
    ):
        for path in paths:
            answers = [await http.get(path) for http in (api, browser, sdk)]
            assert [answer.status_code for answer in answers] == [200] * 3
            assert answers[0].content == answers[1].content == answers[2].content


async def test_messages_are_in_order_of_time_and_parts_in_the_order_they_were_sent(
    tenant: Tenant,
) -> None:
    messages = [
        {
            "sessionExternalId": "s",
            "externalId": str(at),
            "createdAt": MS + at,
            "parts": [f"{at}.{order}" for order in range(12)],
        }
        for at in (3, 1, 2)
    ]
    await accepted(tenant, "batch", {"messages": messages})

    shown = (await transcript(tenant, "s"))["messages"]
    assert [message["externalId"] for message in shown] == ["1", "2", "3"]
    for message in shown:
        contents = [part["content"] for part in message["parts"]]
        assert contents == [f"{message['externalId']}.{order}" for order in range(12)]


async def test_5000_messages_with_4_parts_each_come_in_one_answer(tenant: Tenant) -> None:
    messages = [
        {
            "sessionExternalId": "s",
            "externalId": f"m{number}",
            "role": "assistant",
            "textContent": f"text {number}",
            "createdAt": MS + number,
            "parts": [
                {"type": "thinking", "content": "hm"},
                {"type": "text", "content": f"text {number}"},
                {"type": "tool-call", "content": {"toolName": "Read", "args": {"n": number}}},
                {"type": "tool-result", "content": "ok"},
            ],
        }
        for number in range(5000)
    ]
    for start in range(0, 5000, 1250):
        await accepted(tenant, "batch", {"messages": messages[start : start + 1250]})

    asked: list[str] = []

    async def note(request: httpx.Request) -> None:
        asked.append(request.url.path)

    hooks = tenant.service.context.pocketbase._http.event_hooks["request"]
    hooks.append(note)
    try:
        shown = await transcript(tenant, "s")
    finally:
        hooks.remove(note)

    assert shown["session"]["messageCount"] == 5000
    assert [m["externalId"] for m in shown["messages"]] == [f"m{n}" for n in range(5000)]
    assert all(len(message["parts"]) == 4 for message in shown["messages"])
    assert shown["messages"][4321]["parts"][2]["content"]["args"] == {"n": 4321}
    # One for the transcript; the key and the request log may be asked for, too.
    assert asked.count("/api/opensync/transcript") == 1
    assert len(asked) <= 4


@pytest.mark.parametrize(
    "id", ["0" * 15, "x", "a" * 14, "a" * 16, "A" * 15, "' || 1=1 || '", "../../x", "é", "%00"]
)
async def test_a_session_that_does_not_exist_is_not_found(reader: Tenant, id: str) -> None:
    assert assert_error(await get(reader, "/api/sessions/get", id=id), 404) == "Session not found"


@pytest.mark.parametrize("id", ["0" * 15, "x", "A" * 15, "%27", "%00"])
async def test_a_session_that_does_not_exist_is_not_found_by_path(reader: Tenant, id: str) -> None:
    assert assert_error(await get(reader, f"/api/sessions/{id}"), 404) == "Session not found"


@pytest.mark.parametrize("query", [{}, {"id": ""}])
async def test_a_call_without_an_id_says_what_is_missing(reader: Tenant, query: Body) -> None:
    assert assert_error(await get(reader, "/api/sessions/get", **query), 400) == (
        "Missing session ID"
    )


# Of other users, nothing.


async def test_the_sessions_of_another_user_do_not_exist(tenant: Tenant, other: Tenant) -> None:
    await accepted(other, "session", {"externalId": "theirs", "model": "gpt-5", "cost": 5})
    await accepted(other, "message", {"sessionExternalId": "theirs", "externalId": "m"})
    id = ids.session_id(other.id, "theirs")
    await accepted(tenant, "session", {"externalId": "mine"})

    for path, query in ((f"/api/sessions/{id}", {}), ("/api/sessions/get", {"id": id})):
        assert assert_error(await get(tenant, path, **query), 404) == "Session not found"
    assert names((await read(tenant, "/api/sessions"))["sessions"]) == ["mine"]
    assert (await read(tenant, "/api/sessions", model="gpt-5"))["sessions"] == []
    assert (await read(tenant, "/api/stats"))["totalCost"] == 0
    assert (await read(tenant, "/sync/sessions/list")) == {"sessionIds": ["mine"]}


async def test_a_cursor_of_another_user_opens_nothing(reader: Tenant, tenant: Tenant) -> None:
    await accepted(tenant, "session", {"externalId": "mine", "createdAt": 1, "updatedAt": MS - 1})
    foreign = (await read(reader, "/api/sessions", limit="1"))["cursor"]

    page = await read(tenant, "/api/sessions", cursor=foreign)
    assert set(names(page["sessions"])) <= {"mine"}


@pytest.mark.parametrize(
    "path", ["/api/sessions", "/api/sessions/get?id=x", "/api/sessions/x", "/api/stats"]
)
@pytest.mark.parametrize("key", [None, "Bearer osk_0123456789abcdef", "Bearer nonsense"])
async def test_nobody_reads_without_a_key(service: Service, path: str, key: str | None) -> None:
    async with service.client(**({"Authorization": key} if key else {})) as nobody:
        assert_error(await nobody.get(path), 401)


@pytest.mark.parametrize("path", ["/api/sessions", "/api/sessions/x", "/api/stats"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_is_read_cannot_be_written(reader: Tenant, method: str, path: str) -> None:
    async with reader.api as api:
        assert_error(await api.request(method, path, json={}), 405)


# Totals.


async def test_totals_of_a_user_without_sessions_are_zero(tenant: Tenant) -> None:
    assert await read(tenant, "/api/stats") == {
        "sessionCount": 0,
        "messageCount": 0,
        "totalTokens": 0,
        "totalCost": 0,
        "totalDurationMs": 0,
        "modelUsage": {},
    }


async def test_totals_are_sums_over_sessions_and_by_model(tenant: Tenant, other: Tenant) -> None:
    sessions = [
        {"externalId": "1", "model": "a", "promptTokens": 10, "completionTokens": 5, "cost": 0.25},
        {"externalId": "2", "model": "a", "promptTokens": 1, "durationMs": 700},
        {"externalId": "3", "model": 'b "quoted" \\', "completionTokens": 4, "cost": 1.5},
        {"externalId": "4", "durationMs": 300, "cost": 1},
    ]
    messages = [
        {"sessionExternalId": id, "externalId": str(n), "promptTokens": 999, "cost": 99}
        for id, count in (("1", 3), ("4", 2), ("stub", 1))
        for n in range(count)
    ]
    await accepted(tenant, "batch", {"sessions": sessions, "messages": messages})
    await accepted(other, "session", {"externalId": "1", "model": "a", "cost": 1000})

    assert await read(tenant, "/api/stats") == {
        "sessionCount": 5,
        "messageCount": 6,
        "totalTokens": 20,
        "totalCost": 2.75,
        "totalDurationMs": 1000,
        "modelUsage": {
            "a": {"tokens": 16, "cost": 0.25, "sessions": 2},
            'b "quoted" \\': {"tokens": 4, "cost": 1.5, "sessions": 1},
            "unknown": {"tokens": 0, "cost": 1, "sessions": 2},
        },
    }


async def test_a_deleted_session_is_gone_from_everywhere(tenant: Tenant) -> None:
    await accepted(tenant, "message", {"sessionExternalId": "s", "externalId": "m", "parts": ["x"]})
    id = ids.session_id(tenant.id, "s")
    await tenant.service.context.pocketbase.delete("sessions", id)

    assert assert_error(await get(tenant, f"/api/sessions/{id}"), 404)
    assert (await read(tenant, "/api/stats"))["messageCount"] == 0
    assert await sessions_of(tenant) == []


async def test_a_deleted_session_that_is_sent_again_starts_afresh(tenant: Tenant) -> None:
    await accepted(tenant, "session", {"externalId": "s", "title": "Old", "promptTokens": 9})
    await accepted(tenant, "message", {"sessionExternalId": "s", "externalId": "m"})
    await tenant.service.context.pocketbase.delete("sessions", ids.session_id(tenant.id, "s"))

    await accepted(tenant, "session", {"externalId": "s"})
    shown = await transcript(tenant, "s")
    assert (shown["session"]["title"], shown["session"]["promptTokens"]) == (None, 0)
    assert shown["messages"] == []
