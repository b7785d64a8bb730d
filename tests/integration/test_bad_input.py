"""Requests that cannot be taken: a 4xx with a sentence, nothing half-stored, and life goes on."""

from __future__ import annotations

import json
import re
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sidecar.domain import ids
from tests.conftest import Tenant, make_tenant
from tests.outages import drained
from tests.pocketbase import RealPocketBase
from tests.serving import Service
from tests.stored import accepted, messages_of, post, read, session_of, sessions_of

PATHS: Final = ("session", "message", "batch")
LIMIT: Final = 50 * 1024 * 1024

# What an exception looks like when it reaches a reader who can do nothing with it.
_LEAK: Final = re.compile(
    r"Traceback|Exception|\w+Error\b|Value error|base 10|pydantic|orjson|SQL|UNIQUE|<class|None\b"
)


def assert_sentence(answer: httpx.Response, *statuses: int) -> str:
    """Assert the one shape of an error and return its sentence."""
    assert answer.status_code in (statuses or range(400, 500)), answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    sentence = body["error"]
    assert isinstance(sentence, str)
    assert sentence
    assert not _LEAK.search(sentence), sentence
    return sentence


@pytest.fixture(scope="module")
async def shared(service: Service) -> Tenant:
    """One tenant for tests that look only at answers, or at a session of their own."""
    return await make_tenant(service)


@pytest.fixture(scope="module")
async def calm(service: Service) -> Tenant:
    """One tenant for tests of what stores nothing."""
    return await make_tenant(service)


async def raw(tenant: Tenant, path: str, content: bytes | str) -> httpx.Response:
    async with tenant.api as api:
        return await api.post(f"/sync/{path}", content=content)


@asynccontextmanager
async def nothing_stored(tenant: Tenant) -> AsyncIterator[None]:
    """Assert that what happens within stores nothing, and that the next request works."""
    before = await sessions_of(tenant)
    yield
    assert await sessions_of(tenant) == before
    name = uuid.uuid4().hex
    await accepted(tenant, "message", {"sessionExternalId": name, "externalId": "m"})
    # While PocketBase still indexes a text of 50 MB, the spool may have it.
    await drained(tenant.service)
    assert (await session_of(tenant, name))["messageCount"] == 1


# Bodies that are no JSON object.

NOT_OBJECTS = {
    "empty": b"",
    "white space": b" \n",
    "null": b"null",
    "a number": b"5",
    "a text": b'"externalId"',
    "a list": b"[]",
    "a list of objects": b'[{"externalId":"s"}]',
    "a form": b"externalId=s&title=T",
    "cut off": b'{"externalId":"s","title":"T',
    "two values": b'{"externalId":"s"}{"externalId":"t"}',
    "a trailing comma": b'{"externalId":"s",}',
    "single quotes": b"{'externalId':'s'}",
    "a comment": b'{"externalId":"s"} // note',
    "NaN": b'{"externalId":"s","cost":NaN}',
    "Infinity": b'{"externalId":"s","cost":-Infinity}',
    "a raw NUL": b'{"externalId":"s\x00"}',
    "a raw control character": b'{"externalId":"s\x01"}',
    "Latin-1": '{"externalId":"s","title":"Grüße"}'.encode("latin-1"),
    "UTF-16": '{"externalId":"s"}'.encode("utf-16"),
    "a cut UTF-8 sequence": b'{"externalId":"s","title":"\xf0\x9f\xa6"}',
    "an overlong UTF-8 sequence": b'{"externalId":"s","title":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"externalId":"s","title":"\xed\xa0\x80"}',
    "gzip": b"\x1f\x8b\x08\x00" + bytes(20),
}


@pytest.mark.parametrize("content", NOT_OBJECTS.values(), ids=NOT_OBJECTS.keys())
async def test_a_body_that_is_no_json_object_is_refused(calm: Tenant, content: bytes) -> None:
    async with nothing_stored(calm):
        for path in PATHS:
            assert_sentence(await raw(calm, path, content), 400)


def nested(depth: int, bracket: str) -> str:
    opening = '{"k":' if bracket == "{}" else "["
    return opening * depth + "1" + bracket[1] * depth


DEPTHS = [255, 300, 450, 500, 700, 990, 1010, 1023, 1025, 10_000, 200_000]
NESTED = {
    ("session", "an unknown key"): '{"externalId":"s","deep":@}',
    ("session", "a title"): '{"externalId":"s","title":@}',
    ("message", "a part"): '{"sessionExternalId":"s","externalId":"m","parts":[{"content":@}]}',
    ("message", "an unknown key"): '{"sessionExternalId":"s","externalId":"m","deep":@}',
    ("message", "a tool call"): '{"sessionExternalId":"s","externalId":"m","toolCalls":[@]}',
    ("batch", "the only session"): '{"sessions":[{"externalId":"s","deep":@}]}',
    ("batch", "an ignored key"): '{"sessions":[5],"deep":@}',
    ("session", "the body"): "@",
}


@pytest.mark.parametrize(("path", "where"), NESTED, ids=" ".join)
@pytest.mark.parametrize("bracket", ["[]", "{}"], ids=["lists", "objects"])
async def test_what_is_nested_too_deeply_is_refused(
    calm: Tenant, path: str, where: str, bracket: str
) -> None:
    async with nothing_stored(calm):
        for depth in DEPTHS:
            body = NESTED[path, where].replace("@", nested(depth, bracket))
            assert_sentence(await raw(calm, path, body), 400, 422)


@pytest.mark.parametrize(("path", "where"), NESTED, ids=" ".join)
async def test_there_is_no_depth_between_taken_and_refused(
    shared: Tenant, path: str, where: str
) -> None:
    for depth in range(240, 260):
        answer = await raw(shared, path, NESTED[path, where].replace("@", nested(depth, "[]")))
        if answer.status_code != 200:
            assert_sentence(answer, 400, 422)


async def test_one_session_nested_too_deeply_fails_no_other_of_its_batch(tenant: Tenant) -> None:
    deep: Any = 1
    for _ in range(600):
        deep = [deep]
    sessions = [{"externalId": "a"}, {"externalId": "deep", "x": deep}, {"externalId": "b"}]

    answer = await accepted(tenant, "batch", {"sessions": sessions})

    assert answer["sessions"] == 2
    assert len(answer["errors"]) == 1
    assert sorted(s["externalId"] for s in await sessions_of(tenant)) == ["a", "b"]


# Fields of the wrong type or size.

WRONG_TYPES: list[tuple[str, str, Any]] = [
    *[("session", field, {"a": 1}) for field in ("externalId", "title", "source", "cost")],
    *[("session", field, [1]) for field in ("externalId", "projectPath", "promptTokens", "model")],
    ("session", "externalId", True),
    ("session", "title", False),
    ("session", "promptTokens", "many"),
    ("session", "promptTokens", {}),
    ("session", "cost", "free"),
    ("session", "durationMs", "1 s"),
    ("session", "createdAt", {}),
    ("session", "createdAt", []),
    ("session", "model", {"id": {"deeper": 1}}),
    ("session", "tokenUsage", "12"),
    ("session", "tokenUsage", {"input": "many"}),
    ("message", "externalId", {}),
    ("message", "sessionExternalId", []),
    ("message", "role", {"name": "user"}),
    ("message", "role", ["user"]),
    ("message", "textContent", {"text": "x"}),
    ("message", "parts", "text"),
    ("message", "parts", {"type": "text"}),
    ("message", "parts", [None]),
    ("message", "parts", [1]),
    ("message", "parts", [["text"]]),
    ("message", "toolCalls", "ls"),
    ("batch", "sessions", {}),
    ("batch", "sessions", "all"),
    ("batch", "messages", 5),
    ("batch", "messages", {"0": {}}),
]
MINIMAL: dict[str, dict[str, Any]] = {
    "session": {"externalId": "s"},
    "message": {"sessionExternalId": "s", "externalId": "m"},
    "batch": {},
}


@pytest.mark.parametrize(("path", "field", "value"), WRONG_TYPES, ids=str)
async def test_a_field_of_the_wrong_type_is_named(
    calm: Tenant, path: str, field: str, value: Any
) -> None:
    async with nothing_stored(calm):
        answer = await post(calm, path, {**MINIMAL[path], field: value})

    assert field in assert_sentence(answer, 422)


HUGE = [
    "1e400",
    "-1e400",
    "9" * 19,
    "9" * 40,
    "9" * 5000,
    "-" + "9" * 40,
    str(2**53),
    str(2**63),
    str(2**64),
]
NUMBERS = [
    *[("session", name) for name in ("promptTokens", "completionTokens", "cost", "durationMs")],
    *[("session", name) for name in ("createdAt", "updatedAt", "toolCallCount")],
    *[("message", name) for name in ("promptTokens", "cost", "durationMs", "createdAt")],
]


@pytest.mark.parametrize(("path", "field"), NUMBERS)
@pytest.mark.parametrize("number", HUGE, ids=lambda text: text[:24])
async def test_a_number_too_large_to_be_exact_is_refused_or_left_out(
    shared: Tenant, path: str, field: str, number: str
) -> None:
    name = uuid.uuid4().hex
    session = "externalId" if path == "session" else "sessionExternalId"
    body = {**MINIMAL[path], session: name, field: "@"}
    answer = await raw(shared, path, json.dumps(body).replace('"@"', number))

    # A negative number is no measurement; it may be taken as not said.
    if answer.status_code == 200 and number.startswith("-"):
        records = await messages_of(shared, name) if path == "message" else []
        records = records or [await session_of(shared, name)]
        assert all(0 <= record[field] < 2**53 for record in records)
    else:
        assert_sentence(answer, 400, 422)


@pytest.mark.parametrize(("path", "field"), NUMBERS)
@pytest.mark.parametrize("value", [-1, -0.5, "-1", "-0.5", -1e-9])
async def test_a_negative_number_is_never_stored(
    shared: Tenant, path: str, field: str, value: object
) -> None:
    name = uuid.uuid4().hex
    session = "externalId" if path == "session" else "sessionExternalId"
    answer = await post(shared, path, {**MINIMAL[path], session: name, field: value})

    if answer.status_code == 200:
        records = [await session_of(shared, name), *await messages_of(shared, name)]
        assert all(record.get(field, 0) >= 0 for record in records)
    else:
        assert_sentence(answer, 422)


async def test_a_huge_number_where_anything_may_stand_is_kept_aside(shared: Tenant) -> None:
    for title in ("T", r"cut \ud83d"):
        body = '{"externalId":"huge","vendor":@,"title":"' + title + '"}'
        answer = await raw(shared, "session", body.replace("@", "9" * 40))
        assert answer.status_code == 200, answer.text


TIMES = [
    "--5",
    "²",
    "abc",
    "",
    "-",
    "2025-13-45",
    "10000-01-01",
    "12:00",
    "٣",
    "1e3",
    "0x10",
    "9" * 5000,
]


@pytest.mark.parametrize("text", TIMES, ids=lambda text: text[:12])
async def test_a_text_that_is_no_time_is_refused_or_left_out(shared: Tenant, text: str) -> None:
    name = uuid.uuid4().hex
    answer = await post(shared, "session", {"externalId": name, "createdAt": text})

    if answer.status_code == 200:
        assert (await session_of(shared, name))["createdAt"] > 1_700_000_000_000
    else:
        assert_sentence(answer, 422)


@pytest.mark.parametrize("field", ["createdAt", "promptTokens", "cost"])
async def test_a_yes_or_no_is_no_number(shared: Tenant, field: str) -> None:
    name = uuid.uuid4().hex
    answer = await post(shared, "session", {"externalId": name, field: True})

    assert field in assert_sentence(answer, 422)


LONG = "x" * 513


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("session", {"externalId": LONG}),
        ("session", {"sessionId": LONG}),
        ("message", {"sessionExternalId": LONG, "externalId": "m"}),
        ("message", {"sessionExternalId": "s", "externalId": LONG}),
    ],
)
async def test_an_id_longer_than_its_column_is_refused(
    calm: Tenant, path: str, body: dict[str, str]
) -> None:
    async with nothing_stored(calm):
        assert "512" in assert_sentence(await post(calm, path, body), 422)


async def test_an_id_as_long_as_its_column_is_taken(shared: Tenant) -> None:
    id = "🦜" * 512
    await accepted(shared, "message", {"sessionExternalId": id, "externalId": id})

    assert [m["externalId"] for m in await messages_of(shared, id)] == [id]


@pytest.mark.parametrize("id", ["'", '"', "a' || 1=1 || 'b", "{:user}", "../x", "%00", "\\", "é\n"])
async def test_an_id_is_only_ever_an_id(tenant: Tenant, other: Tenant, id: str) -> None:
    await accepted(other, "message", {"sessionExternalId": "s", "externalId": "m"})
    await accepted(tenant, "message", {"sessionExternalId": id, "externalId": id})

    assert [s["externalId"] for s in await sessions_of(tenant)] == [id]
    assert [m["externalId"] for m in await messages_of(tenant, id)] == [id]
    assert (await session_of(other))["messageCount"] == 1


# Batches.


async def test_the_good_items_of_a_batch_are_stored_and_the_bad_ones_named(tenant: Tenant) -> None:
    batch = {
        "sessions": [
            {"externalId": "good"},
            {"title": "no id"},
            {"externalId": "bad", "cost": []},
            "no object",
            None,
        ],
        "messages": [
            {"sessionExternalId": "good", "externalId": "1"},
            {"externalId": "orphan"},
            {"sessionExternalId": "good", "externalId": "2", "parts": "x"},
            7,
            {"sessionExternalId": "good", "externalId": "3", "parts": ["x"]},
        ],
    }

    answer = await accepted(tenant, "batch", batch)

    assert (answer["sessions"], answer["messages"]) == (1, 2)
    named = [error.split(":")[0] for error in answer["errors"]]
    assert named == [
        *("Session #2", "Session bad", "Session #4", "Session #5"),
        *("Message orphan", "Message 2", "Message #4"),
    ]
    assert not any(_LEAK.search(error) for error in answer["errors"])
    assert [s["externalId"] for s in await sessions_of(tenant)] == ["good"]
    assert [m["externalId"] for m in await messages_of(tenant, "good")] == ["1", "3"]


@pytest.mark.parametrize(
    "batch",
    [
        {"sessions": [{"title": "no id"}]},
        {"messages": [{"sessionExternalId": "s", "externalId": "m", "parts": 5}, None]},
        {"sessions": [None], "messages": [None]},
    ],
)
async def test_a_batch_without_a_single_good_item_is_refused(
    calm: Tenant, batch: dict[str, Any]
) -> None:
    async with nothing_stored(calm):
        assert_sentence(await post(calm, "batch", batch), 422)


@pytest.mark.parametrize(
    "batch", [{}, {"sessions": []}, {"sessions": None, "messages": None}, {"other": 1}]
)
async def test_a_batch_of_nothing_stores_nothing(calm: Tenant, batch: dict[str, Any]) -> None:
    async with nothing_stored(calm):
        answer = await accepted(calm, "batch", batch)

    assert (answer["sessions"], answer["messages"], answer["errors"]) == (0, 0, [])


async def test_the_name_of_a_bad_item_may_hold_anything(shared: Tenant) -> None:
    content = r'{"sessions":[{"externalId":"a\u0000\ud83d","cost":[]},{"externalId":"ok"}]}'

    answer = await raw(shared, "batch", content)

    assert answer.status_code == 200
    assert len(answer.json()["errors"]) == 1


# Sizes.


def sized(bytes_: int) -> bytes:
    """Return a message request of exactly this many bytes."""
    head, tail = b'{"sessionExternalId":"s","externalId":"m","textContent":"', b'"}'
    return head + b"x" * (bytes_ - len(head) - len(tail)) + tail


async def test_a_body_of_50_mb_is_stored_whole_and_one_byte_more_is_refused(
    tenant: Tenant, pocketbase_process: RealPocketBase
) -> None:
    assert "50 MB" in assert_sentence(await raw(tenant, "message", sized(LIMIT + 1)), 413)
    assert await sessions_of(tenant) == []

    assert (await raw(tenant, "message", sized(LIMIT))).status_code == 200

    # Asked of SQLite, for the answer would be as large.
    id = ids.message_id(ids.session_id(tenant.id, "s"), "m")
    with closing(sqlite3.connect(f"file:{pocketbase_process.database}?mode=ro", uri=True)) as db:
        found = db.execute("SELECT length(textContent) FROM messages WHERE id = ?", (id,))
        assert found.fetchone()[0] > LIMIT - 100


@pytest.mark.parametrize("path", PATHS)
async def test_60_mb_are_refused_in_words_and_the_next_request_works(
    calm: Tenant, path: str
) -> None:
    content = sized(60 * 1024 * 1024)

    async with nothing_stored(calm):
        assert "50 MB" in assert_sentence(await raw(calm, path, content), 413)


async def test_a_body_that_only_claims_to_be_huge_is_not_waited_for(shared: Tenant) -> None:
    async with shared.api as api:
        headers = {"Content-Length": str(10**15)}
        answer = await api.post("/sync/session", content=b"{}", headers=headers)

    assert_sentence(answer, 413)


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", ""])
async def test_a_length_that_is_no_number_decides_nothing(shared: Tenant, length: str) -> None:
    async with shared.api as api:
        headers = {"Content-Length": length}
        answer = await api.post("/sync/session", content=b'{"externalId":"s"}', headers=headers)

    assert answer.status_code == 200


# Methods and addresses.


@pytest.mark.parametrize("path", [*(f"/sync/{path}" for path in PATHS), "/sync/sessions/list"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "BREW", "TRACE", "OPTIONS"])
async def test_an_unknown_method_is_refused(shared: Tenant, method: str, path: str) -> None:
    async with shared.api as api:
        assert_sentence(await api.request(method, path, content=b"{}"), 405)


@pytest.mark.parametrize(
    "path",
    [
        "/sync",
        "/sync/sessions",
        "/sync/session/x",
        "/api/sync/",
        "/.convex.site",
        "/.convex.sitesync/session",
        "/nothing",
        "/sync/%00",
        "/%ff",
        "/" + "a" * 10_000,
    ],
)
async def test_an_unknown_address_is_answered_in_words(shared: Tenant, path: str) -> None:
    async with shared.api as api:
        assert_sentence(await api.post(path, json={}), 404)


async def test_a_content_type_does_not_matter(shared: Tenant) -> None:
    async with shared.api as api:
        for kind in ("text/plain", "application/json; charset=utf-8", "nonsense", ""):
            answer = await api.post(
                "/sync/session", content=b'{"externalId":"s"}', headers={"Content-Type": kind}
            )
            assert answer.status_code == 200


# Anything at all.

ANYTHING: Final = settings(
    max_examples=120,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

texts = st.text(st.characters(exclude_categories=()), max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)

SESSION_FIELDS = (
    *("externalId", "sessionId", "title", "projectPath", "cwd", "projectName", "model"),
    *("provider", "source", "gitBranch", "promptTokens", "inputTokens", "completionTokens"),
    *("outputTokens", "cacheReadTokens", "cost", "costEstimate", "durationMs", "toolCallCount"),
    *("endReason", "createdAt", "startedAt", "updatedAt", "endedAt", "tokenUsage", "extra", "id"),
)
MESSAGE_FIELDS = (
    *("sessionExternalId", "sessionId", "externalId", "messageId", "role", "source"),
    *("textContent", "content", "model", "provider", "promptTokens", "completionTokens", "cost"),
    *("durationMs", "createdAt", "timestamp", "parts", "toolCalls", "toolName", "toolArgs"),
    *("toolResult", "extra", "id", "session", "seq"),
)

parts = st.lists(
    st.fixed_dictionaries({}, optional={"type": texts | json_values, "content": json_values})
    | texts
    | json_values,
    max_size=3,
)
# Values as a plugin might send them, and now and then one that it must not.
plausible = (
    texts
    | st.integers(0, 2**53 - 1)
    | st.floats(0, 1e6)
    | st.sampled_from([None, 0, "", "Untitled", "unknown", "2025-03-01T10:00:00Z", "12"])
    | st.fixed_dictionaries({}, optional={"id": texts, "modelID": texts, "input": st.integers()})
    | parts
    | json_values
)
some_ids = st.sampled_from(["a", "b", "c"]) | texts


def items(fields: tuple[str, ...], *needed: str) -> SearchStrategy[dict[str, Any]]:
    """Return objects that name what is needed, most of the time, and some of the fields."""
    known = st.dictionaries(st.sampled_from(fields) | texts, plausible, max_size=6)
    named = st.fixed_dictionaries(dict.fromkeys(needed, some_ids))
    return st.builds(lambda rest, names: rest | names, known, named) | known


session_like = items(SESSION_FIELDS, "externalId")
message_like = items(MESSAGE_FIELDS, "sessionExternalId", "externalId")
batch_like = st.fixed_dictionaries(
    {},
    optional={
        "sessions": st.lists(session_like | json_values, max_size=4) | json_values,
        "messages": st.lists(message_like | json_values, max_size=4) | json_values,
        "other": json_values,
    },
)


async def assert_taken_or_refused(tenant: Tenant, path: str, body: Any) -> None:
    # Escaped, as a lone surrogate travels.
    answer = await raw(tenant, path, json.dumps(body))
    if answer.status_code == 200:
        shown = answer.json()
        assert shown["ok"] is True
        assert not any(_LEAK.search(error) for error in shown.get("errors", ()))
    else:
        assert_sentence(answer, 400, 422)


async def assert_readable(tenant: Tenant) -> None:
    """Assert that what was stored last does not break the reading of it."""
    for session in (await read(tenant, "/api/sessions", limit="1"))["sessions"]:
        await read(tenant, f"/api/sessions/{session['id']}")


@pytest.mark.parametrize("path", PATHS)
@ANYTHING
@given(body=json_values)
async def test_any_json_is_taken_or_refused_in_words(shared: Tenant, path: str, body: Any) -> None:
    await assert_taken_or_refused(shared, path, body)


@ANYTHING
@given(body=session_like)
async def test_anything_like_a_session_is_taken_or_refused_in_words(
    shared: Tenant, body: Any
) -> None:
    await assert_taken_or_refused(shared, "session", body)


@ANYTHING
@given(body=message_like)
async def test_anything_like_a_message_is_taken_or_refused_in_words(
    shared: Tenant, body: Any
) -> None:
    await assert_taken_or_refused(shared, "message", body)
    await assert_readable(shared)


@ANYTHING
@given(body=batch_like)
async def test_anything_like_a_batch_is_taken_or_refused_in_words(
    shared: Tenant, body: Any
) -> None:
    await assert_taken_or_refused(shared, "batch", body)
    await assert_readable(shared)


@ANYTHING
@given(content=st.binary(max_size=200))
@pytest.mark.parametrize("path", PATHS)
async def test_any_bytes_are_taken_or_refused_in_words(
    shared: Tenant, path: str, content: bytes
) -> None:
    answer = await raw(shared, path, content)
    if answer.status_code != 200:
        assert_sentence(answer, 400, 422)
