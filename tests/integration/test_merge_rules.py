"""What becomes of a stored value when another request speaks of it, through the whole service.

The rules are those of `wire.md` §2.2. Each row of a table is a series of requests and what is
stored after the last one.
"""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Tenant, make_tenant
from tests.serving import Service
from tests.stored import (
    accepted,
    contents_of,
    message_of,
    messages_of,
    parts_of,
    post,
    read,
    session_of,
    sessions_of,
    transcript,
)

Body = dict[str, Any]
EARLY, LATE = 1_700_000_000_000, 1_800_000_000_000


@pytest.fixture(scope="module")
async def shared(service: Service) -> Tenant:
    """One tenant for the tables; every row has a session of its own."""
    return await make_tenant(service)


@pytest.fixture
def name() -> str:
    """Return an external id that no other test uses."""
    return uuid.uuid4().hex


def is_message(request: Body) -> bool:
    return "message" in request


async def send(tenant: Tenant, session: str, requests: list[Body]) -> None:
    """Send session requests, and message requests where a body has a `message`."""
    for request in requests:
        if is_message(request):
            body = {k: v for k, v in request.items() if k != "message"}
            ids = {"sessionExternalId": session, "externalId": request["message"]}
            await accepted(tenant, "message", {**ids, **body})
        else:
            await accepted(tenant, "session", {"externalId": session, **request})


def subset(record: Body, expected: Body) -> Body:
    return {key: record[key] for key in expected}


# Nothing that says nothing replaces something.

SESSION_VALUES: Body = {
    "title": "Mend the parser",
    "projectPath": "/home/dev/parser",
    "projectName": "parser",
    "model": "claude-sonnet-4",
    "provider": "anthropic",
    "gitBranch": "main",
    "endReason": "logout",
    "promptTokens": 12,
    "completionTokens": 34,
    "cacheReadTokens": 5,
    "cacheWriteTokens": 6,
    "reasoningTokens": 7,
    "cost": 0.25,
    "durationMs": 1500,
    "toolCallCount": 3,
}
MESSAGE_VALUES: Body = {
    "role": "assistant",
    "textContent": "It says hello.",
    "model": "claude-sonnet-4",
    "provider": "anthropic",
    "promptTokens": 12,
    "completionTokens": 34,
    "cacheReadTokens": 5,
    "cacheWriteTokens": 6,
    "reasoningTokens": 7,
    "cost": 0.25,
    "durationMs": 1500,
}
TITLES = ["Untitled", "Untitled Session", "untitled", "UNTITLED SESSION", "  Untitled  "]
MODELS = ["unknown", "test", "Unknown", "TEST"]


def empties(values: Body) -> list[tuple[str, Any]]:
    """Return (field, value) for every way to say nothing of a field."""
    said: list[tuple[str, Any]] = []
    for field, value in values.items():
        said += [(field, None)]
        said += [(field, empty) for empty in ([""] if isinstance(value, str) else [0, 0.0])]
    said += [("model", placeholder) for placeholder in MODELS]
    return said


def labelled(pairs: list[tuple[str, Any]]) -> list[Any]:
    return [pytest.param(field, value, id=f"{field}={value!r}") for field, value in pairs]


@pytest.mark.parametrize(
    ("field", "empty"),
    labelled([*empties(SESSION_VALUES), ("title", "  "), *(("title", t) for t in TITLES)]),
)
async def test_an_empty_value_or_a_placeholder_never_replaces_a_value_of_a_session(
    shared: Tenant, name: str, field: str, empty: Any
) -> None:
    await send(shared, name, [SESSION_VALUES, {field: empty}])

    record = await session_of(shared, name)
    assert subset(record, SESSION_VALUES) == SESSION_VALUES
    assert record["totalTokens"] == 46


@pytest.mark.parametrize(("field", "empty"), labelled(empties(MESSAGE_VALUES)))
async def test_an_empty_value_or_a_placeholder_never_replaces_a_value_of_a_message(
    shared: Tenant, name: str, field: str, empty: Any
) -> None:
    await send(shared, name, [{"message": "m", **MESSAGE_VALUES}, {"message": "m", field: empty}])

    record = await message_of(shared, "m", name)
    assert subset(record, MESSAGE_VALUES) == MESSAGE_VALUES


@pytest.mark.parametrize(
    ("field", "empty"),
    labelled([("title", title) for title in TITLES] + [("model", model) for model in MODELS]),
)
async def test_a_placeholder_is_not_stored_and_gives_way_to_the_first_real_value(
    shared: Tenant, name: str, field: str, empty: str
) -> None:
    await send(shared, name, [{field: empty}])
    before = (await session_of(shared, name))[field]
    await send(shared, name, [{field: "A real one"}])

    assert (before, (await session_of(shared, name))[field]) == ("", "A real one")


async def test_absent_fields_keep_every_value(shared: Tenant, name: str) -> None:
    message = {"message": "m", **MESSAGE_VALUES, "parts": ["one"]}
    await send(shared, name, [SESSION_VALUES, message, {}, {"message": "m"}])

    assert subset(await session_of(shared, name), SESSION_VALUES) == SESSION_VALUES
    assert subset(await message_of(shared, "m", name), MESSAGE_VALUES) == MESSAGE_VALUES
    assert await contents_of(shared, "m", name) == ["one"]


# What is said last wins, and totals are totals.


@dataclass(frozen=True)
class Case:
    """Requests about one session, and what its record holds after them."""

    name: str
    requests: list[Body]
    expected: Body


CASES = [
    Case(
        "totals replace and never add up",
        [{"promptTokens": 100, "completionTokens": 10}, {"promptTokens": 100}],
        {"promptTokens": 100, "completionTokens": 10, "totalTokens": 110},
    ),
    Case(
        "a lower total replaces a higher one",
        [{"promptTokens": 100, "cost": 2.5}, {"promptTokens": 40, "cost": 1.5}],
        {"promptTokens": 40, "totalTokens": 40, "cost": 1.5},
    ),
    Case(
        "the sum of tokens is ours, whatever the client says it is",
        [{"promptTokens": 3, "completionTokens": 4, "totalTokens": 999}],
        {"totalTokens": 7},
    ),
    Case(
        "the sum follows a change of one of its terms",
        [{"promptTokens": 3, "completionTokens": 4}, {"completionTokens": 10}],
        {"totalTokens": 13},
    ),
    Case(
        "the count of messages is ours, whatever the client says it is",
        [{"messageCount": 9}, {"message": "m"}],
        {"messageCount": 1},
    ),
    Case(
        "messages do not change the tokens of their session",
        [
            {"promptTokens": 5, "cost": 0.5},
            {"message": "m", "promptTokens": 50, "completionTokens": 60, "cost": 7},
        ],
        {"promptTokens": 5, "completionTokens": 0, "totalTokens": 5, "cost": 0.5},
    ),
    Case(
        "messages do not give tokens to a session that has none",
        [{"message": "m", "promptTokens": 50, "completionTokens": 60, "cost": 7, "durationMs": 8}],
        {"promptTokens": 0, "completionTokens": 0, "totalTokens": 0, "cost": 0, "durationMs": 0},
    ),
    Case(
        "the last of many quick requests wins",
        [{"title": f"Title {number}", "cost": number} for number in range(1, 8)],
        {"title": "Title 7", "cost": 7},
    ),
    Case(
        "a value may return to what it was",
        [{"title": "A"}, {"title": "B"}, {"title": "A"}],
        {"title": "A"},
    ),
    Case(
        "the earliest start wins, when it comes last",
        [{"createdAt": LATE}, {"createdAt": EARLY}],
        {"createdAt": EARLY},
    ),
    Case(
        "the earliest start wins, when it comes first",
        [{"createdAt": EARLY}, {"createdAt": LATE}, {}],
        {"createdAt": EARLY},
    ),
    Case(
        "a session began no later than its first message",
        [{"createdAt": LATE}, {"message": "m", "createdAt": EARLY}],
        {"createdAt": EARLY},
    ),
    Case(
        "a later request without a duration keeps it",
        [{"durationMs": 5000, "endReason": "exit"}, {"promptTokens": 4}],
        {"durationMs": 5000, "endReason": "exit", "promptTokens": 4},
    ),
    Case(
        "a model given as an object is known by its name",
        [{"model": {"id": "gpt-5", "providerID": "openai"}}],
        {"model": "gpt-5"},
    ),
    Case(
        "a message fills in the model of a session that has none",
        [{"title": "T"}, {"message": "m", "model": "gpt-5"}],
        {"model": "gpt-5"},
    ),
    Case(
        "a message does not overrule the model of its session",
        [{"model": "Fake One"}, {"message": "m", "model": "fake-1"}],
        {"model": "Fake One"},
    ),
    Case(
        "a session overrules the model that a message filled in",
        [{"message": "m", "model": "fake-1"}, {"model": "Fake One"}],
        {"model": "Fake One"},
    ),
    Case(
        "unknown keys are kept aside, the newest value of each",
        [{"slug": "a-b", "vendor": {"x": 1}}, {"slug": "c-d"}, {"other": [1, "2"]}],
        {"extra": {"slug": "c-d", "vendor": {"x": 1}, "other": [1, "2"]}},
    ),
    Case(
        "surrounding white space is not part of a title",
        [{"title": "  Mend it \n"}],
        {"title": "Mend it"},
    ),
    # Sources.
    Case("a session that names no source is of opencode", [{"title": "T"}], {"source": "opencode"}),
    Case("a stub that names no source is of opencode", [{"message": "m"}], {"source": "opencode"}),
    Case("cursor has one name, in a session", [{"source": "cursor"}], {"source": "cursor-sync"}),
    Case("in capitals, too", [{"source": " Cursor "}], {"source": "cursor-sync"}),
    Case(
        "cursor has one name, in a message",
        [{"message": "m", "source": "cursor"}],
        {"source": "cursor-sync"},
    ),
    Case(
        "cursor has one name, in an update",
        [{"source": "pi"}, {"source": "cursor"}],
        {"source": "cursor-sync"},
    ),
    Case(
        "cursor has one name, in place of an assumed source",
        [{"title": "T"}, {"message": "m", "source": "cursor"}],
        {"source": "cursor-sync"},
    ),
    Case(
        "an assumed source gives way to that of a session",
        [{"message": "m"}, {"source": "pi"}],
        {"source": "pi", "sourceAssumed": False},
    ),
    Case(
        "an assumed source gives way to that of a message",
        [{"title": "T"}, {"message": "m", "source": "claude-code"}],
        {"source": "claude-code", "sourceAssumed": False},
    ),
    Case(
        "a source that was said outlives requests that name none",
        [{"source": "pi"}, {"title": "T"}, {"message": "m"}],
        {"source": "pi", "sourceAssumed": False},
    ),
    Case(
        "a message does not overrule the source of its session",
        [{"source": "factory-droid"}, {"message": "m", "source": "pi"}],
        {"source": "factory-droid"},
    ),
    Case(
        "the first message that names a source decides among messages",
        [{"message": "1"}, {"message": "2", "source": "pi"}, {"message": "3", "source": "droid"}],
        {"source": "pi"},
    ),
    Case(
        "a session overrules the source of a message",
        [{"message": "m", "source": "pi"}, {"source": "codex-cli"}],
        {"source": "codex-cli"},
    ),
    Case(
        "opencode may be said, and is then more than assumed",
        [{"source": "opencode"}, {"message": "m", "source": "pi"}],
        {"source": "opencode", "sourceAssumed": False},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_requests_about_a_session_merge(shared: Tenant, name: str, case: Case) -> None:
    await send(shared, name, case.requests)

    assert subset(await session_of(shared, name), case.expected) == case.expected


# A batch takes its sessions first, so only a series in that order means the same in one.
SESSIONS_FIRST = [case for case in CASES if case.requests == sorted(case.requests, key=is_message)]


@pytest.mark.parametrize("case", SESSIONS_FIRST, ids=lambda case: case.name)
async def test_one_batch_merges_like_single_requests(shared: Tenant, name: str, case: Case) -> None:
    sessions = [{"externalId": name, **r} for r in case.requests if not is_message(r)]
    messages = [
        {"sessionExternalId": name, "externalId": r["message"]}
        | {k: v for k, v in r.items() if k != "message"}
        for r in case.requests
        if is_message(r)
    ]

    answer = await accepted(shared, "batch", {"sessions": sessions, "messages": messages})

    assert (answer["sessions"], answer["messages"]) == (len(sessions), len(messages))
    assert subset(await session_of(shared, name), case.expected) == case.expected


MESSAGE_CASES = [
    Case(
        "the last text wins",
        [{"textContent": "First half"}, {"textContent": "Whole"}],
        {"textContent": "Whole"},
    ),
    Case(
        "a shorter text replaces a longer one",
        [{"textContent": "a much longer text"}, {"textContent": "short"}],
        {"textContent": "short"},
    ),
    Case(
        "a re-used id takes the new content",
        [{"role": "user", "textContent": "q"}, {"role": "assistant", "textContent": "a"}],
        {"role": "assistant", "textContent": "a"},
    ),
    Case("tool is a role", [{"role": "tool"}], {"role": "tool"}),
    Case("a role may be in capitals", [{"role": "Assistant"}], {"role": "assistant"}),
    Case("a role that nobody knows is unknown", [{"role": "oracle"}], {"role": "unknown"}),
    Case("no role is unknown", [{}], {"role": "unknown"}),
    Case(
        "an unknown role does not replace a known one",
        [{"role": "system"}, {"role": "oracle"}, {"role": "unknown"}, {}],
        {"role": "system"},
    ),
    Case(
        "an unknown role gives way",
        [{"role": "oracle"}, {"role": "user"}],
        {"role": "user"},
    ),
    Case(
        "a later request without a duration keeps it",
        [{"durationMs": 12}, {"textContent": "x"}],
        {"durationMs": 12, "textContent": "x"},
    ),
    Case(
        "the earliest time wins, when it comes last",
        [{"createdAt": LATE}, {"createdAt": EARLY}],
        {"createdAt": EARLY},
    ),
    Case(
        "the earliest time wins, when it comes first",
        [{"createdAt": EARLY}, {}, {"createdAt": LATE}],
        {"createdAt": EARLY},
    ),
    Case(
        "unknown keys are kept aside, the newest value of each",
        [{"mode": "plan", "deep": {"a": 1}}, {"mode": "act"}],
        {"extra": {"mode": "act", "deep": {"a": 1}}},
    ),
    Case(
        "tokens replace and never add up",
        [{"promptTokens": 9, "completionTokens": 1}, {"promptTokens": 5}],
        {"promptTokens": 5, "completionTokens": 1},
    ),
]


@pytest.mark.parametrize("case", MESSAGE_CASES, ids=lambda case: case.name)
async def test_requests_about_a_message_merge(shared: Tenant, name: str, case: Case) -> None:
    await send(shared, name, [{"message": "m", **request} for request in case.requests])

    assert subset(await message_of(shared, "m", name), case.expected) == case.expected
    assert (await session_of(shared, name))["messageCount"] == 1


# A retry changes nothing.

RETRIES: dict[str, list[Body]] = {
    "a session": [{**SESSION_VALUES, "createdAt": EARLY}],
    "a session without a time": [SESSION_VALUES],
    "a session with unknown keys": [{"a": 1, "b": {"c": [1.5, 'é"\\', True]}, "e": 1e300}],
    "a session with nulls within unknown keys": [{"title": "T", "vendor": {"id": None, "n": 1}}],
    "a message": [{"message": "m", **MESSAGE_VALUES, "createdAt": EARLY}],
    "a message without a time": [{"message": "m", **MESSAGE_VALUES}],
    "a message with parts": [
        {"message": "m", "parts": ["x", {"type": "tool_use", "content": {"args": {"n": None}}}]}
    ],
    "a message whose parts are cleared": [{"message": "m", "parts": []}],
    "a message with unknown keys": [{"message": "m", "a": {"b": [None, 2]}, "c": "d"}],
    "a message with nulls within unknown keys": [{"message": "m", "a": {"b": None}}],
    "a session and its message": [SESSION_VALUES, {"message": "m", **MESSAGE_VALUES}],
}


@pytest.mark.parametrize("requests", RETRIES.values(), ids=RETRIES.keys())
async def test_an_identical_retry_leaves_every_row_untouched(
    shared: Tenant, name: str, requests: list[Body]
) -> None:
    await send(shared, name, requests)
    before = (
        await session_of(shared, name),
        await messages_of(shared, name),
        await parts_of(shared, "m", name),
    )
    await send(shared, name, requests)
    after = (
        await session_of(shared, name),
        await messages_of(shared, name),
        await parts_of(shared, "m", name),
    )

    assert after == before


async def test_a_message_that_repeats_its_session_leaves_the_session_untouched(
    shared: Tenant, name: str
) -> None:
    await send(shared, name, [SESSION_VALUES, {"message": "m", "textContent": "x"}])
    before = await session_of(shared, name)
    await send(shared, name, [{"message": "m", "textContent": "x"}])

    assert await session_of(shared, name) == before


# Parts.


@pytest.mark.parametrize(
    ("series", "left"),
    [
        pytest.param([["a", "b"], None], ["a", "b"], id="absent keeps"),
        pytest.param([["a", "b"], ["c"]], ["c"], id="given replaces, fewer"),
        pytest.param([["a"], ["b", "c", "d"]], ["b", "c", "d"], id="given replaces, more"),
        pytest.param([["a", "b"], ["b", "a"]], ["b", "a"], id="another order replaces"),
        pytest.param([["a", "b"], []], [], id="an empty list clears"),
        pytest.param([["a"], [], ["b"]], ["b"], id="cleared parts may come back"),
        pytest.param([None, ["a"]], ["a"], id="parts may come later"),
    ],
)
@pytest.mark.parametrize("batched", [False, True], ids=["one by one", "in one batch"])
async def test_parts_that_are_given_replace_and_parts_that_are_absent_stay(
    shared: Tenant,
    name: str,
    series: list[list[str] | None],
    left: list[str],
    batched: bool,
) -> None:
    bodies = [
        {"sessionExternalId": name, "externalId": "m", "textContent": f"v{version}"}
        | ({} if parts is None else {"parts": parts})
        for version, parts in enumerate(series)
    ]
    if batched:
        await accepted(shared, "batch", {"messages": bodies})
    else:
        for body in bodies:
            await accepted(shared, "message", body)

    assert await contents_of(shared, "m", name) == left
    assert (await message_of(shared, "m", name))["textContent"] == f"v{len(series) - 1}"
    assert (await session_of(shared, name))["messageCount"] == 1


async def test_null_parts_are_absent_parts(shared: Tenant, name: str) -> None:
    await send(shared, name, [{"message": "m", "parts": ["a"]}, {"message": "m", "parts": None}])

    assert await contents_of(shared, "m", name) == ["a"]


async def test_the_last_of_several_items_with_one_id_in_a_batch_wins(
    shared: Tenant, name: str
) -> None:
    sessions = [{"externalId": name, "title": f"T{n}", "promptTokens": n} for n in (1, 2, 3)]
    messages = [
        {"sessionExternalId": name, "externalId": id, "textContent": text, "parts": [text, text]}
        for id, text in [("m", "one"), ("x", "beside"), ("m", "two"), ("m", "three")]
    ]
    messages[-1]["parts"] = ["three"]

    answer = await accepted(shared, "batch", {"sessions": sessions, "messages": messages})

    assert answer["errors"] == []
    session = await session_of(shared, name)
    assert (session["title"], session["promptTokens"], session["messageCount"]) == ("T3", 3, 2)
    assert (await message_of(shared, "m", name))["textContent"] == "three"
    assert await contents_of(shared, "m", name) == ["three"]
    assert await contents_of(shared, "x", name) == ["beside", "beside"]


PART_SHAPES: list[tuple[Any, str, Any]] = [
    ({"type": "text", "content": "plain"}, "text", "plain"),
    ({"type": "text", "content": {"text": "in text"}}, "text", {"text": "in text"}),
    ({"type": "text", "content": {"content": "inside"}}, "text", {"content": "inside"}),
    (
        {"type": "tool-call", "content": {"toolName": "Read", "args": {"p": "x"}}},
        "tool-call",
        {"toolName": "Read", "args": {"p": "x"}},
    ),
    (
        {"type": "tool_use", "content": {"name": "Read", "input": {}, "result": None}},
        "tool_use",
        {"name": "Read", "input": {}, "result": None},
    ),
    (
        {"type": "tool_use", "content": {"name": "Read", "arguments": "{}"}},
        "tool_use",
        {"name": "Read", "arguments": "{}"},
    ),
    ({"type": "tool_use", "content": '{"path":"a"}'}, "tool_use", '{"path":"a"}'),
    ({"type": "tool-call", "content": "ls -la"}, "tool-call", "ls -la"),
    ({"type": "tool-result", "content": "ok"}, "tool-result", "ok"),
    ({"type": "tool_result", "content": {"output": "ok"}}, "tool_result", {"output": "ok"}),
    ({"type": "tool_result", "content": {"result": [1]}}, "tool_result", {"result": [1]}),
    ({"type": "thinking", "content": "hm"}, "thinking", "hm"),
    ({"type": "hologram", "content": [1, {"a": None}]}, "hologram", [1, {"a": None}]),
    ({"type": "step-start"}, "step-start", {}),
    (
        {"type": "tool_use", "toolName": "Read", "args": 1},
        "tool_use",
        {"toolName": "Read", "args": 1},
    ),
    ({"type": "text", "content": ""}, "text", ""),
    ({"type": "text", "content": None}, "text", None),
    ({"type": "flag", "content": False}, "flag", False),
    ({"type": "number", "content": 0}, "number", 0),
    ({"type": "number", "content": 1.5e-7}, "number", 1.5e-7),
    ({"content": "no type"}, "unknown", "no type"),
    ({"type": "", "content": "empty type"}, "unknown", "empty type"),
    ("just a string", "text", "just a string"),
]


async def test_parts_of_every_shape_are_stored_as_they_are_and_in_order(
    shared: Tenant, name: str
) -> None:
    sent = [shape for shape, _, _ in PART_SHAPES]
    await send(shared, name, [{"message": "m", "role": "assistant", "parts": sent}])

    shown = (await transcript(shared, name))["messages"][0]["parts"]
    assert [(part["type"], part["content"]) for part in shown] == [
        (kind, content) for _, kind, content in PART_SHAPES
    ]


# Sessions made for a message.


async def test_a_message_makes_its_session_which_is_listed_once_the_session_itself_arrives(
    tenant: Tenant,
) -> None:
    await accepted(tenant, "message", {"sessionExternalId": "s", "externalId": "m"})
    stub = await session_of(tenant)
    listed_before = await read(tenant, "/sync/sessions/list")

    answer = await accepted(tenant, "session", {"externalId": "s", "title": "T"})
    whole = await session_of(tenant)

    assert (stub["stub"], stub["messageCount"], stub["title"]) == (True, 1, "")
    assert listed_before == {"sessionIds": []}
    assert (whole["stub"], whole["messageCount"], whole["title"]) == (False, 1, "T")
    assert answer["sessionId"] == stub["id"] == whole["id"]
    assert await read(tenant, "/sync/sessions/list") == {"sessionIds": ["s"]}


async def test_a_session_stays_listed_when_more_messages_arrive(tenant: Tenant) -> None:
    await accepted(tenant, "session", {"externalId": "s"})
    await accepted(tenant, "message", {"sessionExternalId": "s", "externalId": "m"})

    assert await read(tenant, "/sync/sessions/list") == {"sessionIds": ["s"]}
    assert (await session_of(tenant))["stub"] is False


async def test_a_stub_is_shown_to_its_owner(tenant: Tenant) -> None:
    await accepted(tenant, "message", {"sessionExternalId": "s", "externalId": "m"})

    listed = await read(tenant, "/api/sessions")
    assert [session["externalId"] for session in listed["sessions"]] == ["s"]


async def test_the_same_ids_are_other_rows_for_another_user(tenant: Tenant, other: Tenant) -> None:
    for owner, text in ((tenant, "mine"), (other, "theirs")):
        await accepted(owner, "session", {"externalId": "s", "title": text})
        message = {"sessionExternalId": "s", "externalId": "m", "textContent": text}
        await accepted(owner, "message", {**message, "parts": [text]})

    for owner, text in ((tenant, "mine"), (other, "theirs")):
        assert len(await sessions_of(owner)) == 1
        assert (await session_of(owner))["title"] == text
        assert (await message_of(owner))["textContent"] == text
        assert await contents_of(owner) == [text]


async def test_one_message_id_in_two_sessions_is_two_messages(shared: Tenant) -> None:
    one, two = uuid.uuid4().hex, uuid.uuid4().hex
    for session in (one, two):
        await send(shared, session, [{"message": "m", "textContent": session}])

    assert (await message_of(shared, "m", one))["textContent"] == one
    assert (await message_of(shared, "m", two))["textContent"] == two


# Text.


async def test_a_megabyte_of_text_is_stored_whole(shared: Tenant, name: str) -> None:
    text = ("0123456789 abcdef é 🦜\n" * 50_000)[:1_048_576]
    part = {"type": "text", "content": text}
    await send(shared, name, [{"message": "m", "textContent": text, "parts": [part]}])

    shown = (await transcript(shared, name))["messages"][0]
    assert shown["textContent"] == text
    assert shown["parts"][0]["content"] == text


async def test_text_of_every_kind_comes_back_as_it_was_sent(shared: Tenant, name: str) -> None:
    text = "Ünï \U0001f600 \u202e \u2028 \x01\x1f\x7f \ufffe \uffff \\ \" ' \r\n\t {:rows} $1 %s"
    await send(
        shared, name, [{"title": text}, {"message": "m", "textContent": text, "parts": [text]}]
    )

    shown = await transcript(shared, name)
    assert shown["session"]["title"] == text
    assert shown["messages"][0]["textContent"] == text
    assert shown["messages"][0]["parts"][0]["content"] == text


@pytest.mark.parametrize(
    ("escape", "stands_for"),
    [(r"\u0000", "NUL"), (r"\ud83d", "half of an emoji"), (r"\udc00", "the other half")],
    ids=lambda value: value if " " in value or value == "NUL" else "",
)
async def test_what_a_database_cannot_hold_becomes_a_replacement_character_and_nothing_else_is_lost(
    shared: Tenant, name: str, escape: str, stands_for: str
) -> None:
    raw = json.dumps(
        {
            "sessionExternalId": name,
            "externalId": "m",
            "textContent": "before @ after 🦜",
            "model": "mo@del",
            "parts": ["a@b", {"type": "t@", "content": {"ke@y": ["v@", {"deep@": "@"}]}}],
            "vendor": {"x@": "@y"},
        }
    ).replace("@", escape)
    async with shared.api as api:
        answer = await api.post("/sync/message", content=raw)
    assert answer.status_code == 200, answer.text

    message = (await transcript(shared, name))["messages"][0]
    assert message["textContent"] == "before \ufffd after 🦜"
    assert message["model"] == "mo\ufffddel"
    assert message["parts"] == [
        {"type": "text", "content": "a\ufffdb"},
        {"type": "t\ufffd", "content": {"ke\ufffdy": ["v\ufffd", {"deep\ufffd": "\ufffd"}]}},
    ]
    assert (await message_of(shared, "m", name))["extra"] == {"vendor": {"x\ufffd": "\ufffdy"}}


async def test_an_escaped_pair_of_surrogates_is_one_character(shared: Tenant, name: str) -> None:
    raw = json.dumps({"externalId": name, "title": "@"}).replace("@", r"\ud83e\udd9c")
    async with shared.api as api:
        assert (await api.post("/sync/session", content=raw)).status_code == 200

    assert (await session_of(shared, name))["title"] == "🦜"


BAD_IDS = [r"a\u0000", r"\ud83d", r"a\udc00b", r"\u0000 and \ud83d"]


@pytest.mark.parametrize("escape", BAD_IDS)
@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("session", '{"externalId":"@"}'),
        ("session", '{"sessionId":"@"}'),
        ("message", '{"sessionExternalId":"@","externalId":"m"}'),
        ("message", '{"sessionExternalId":"s","externalId":"@"}'),
    ],
)
async def test_an_id_that_would_have_to_be_changed_is_refused(
    tenant: Tenant, path: str, raw: str, escape: str
) -> None:
    async with tenant.api as api:
        answer = await api.post(f"/sync/{path}", content=raw.replace("@", escape))

    assert answer.status_code == 422, answer.text
    assert list(answer.json()) == ["error"]
    assert await sessions_of(tenant) == []


async def test_an_id_with_nul_is_refused_beside_a_text_with_half_an_emoji(tenant: Tenant) -> None:
    raw = r'{"externalId":"a\u0000","title":"cut \ud83d"}'
    async with tenant.api as api:
        answer = await api.post("/sync/session", content=raw)

    assert answer.status_code == 422, answer.text


async def test_long_values_are_cut_to_what_their_column_takes(shared: Tenant, name: str) -> None:
    long = "x" * 5000
    await send(shared, name, [{"title": long, "projectName": long, "source": "y" * 100}])

    record = await session_of(shared, name)
    assert record["title"] == "x" * 999 + "…"
    assert record["projectName"] == "x" * 511 + "…"
    assert record["source"] == "y" * 63 + "…"


# Order.


def sequence(shown: Body) -> list[str]:
    return [message["externalId"] for message in shown["messages"]]


async def test_messages_without_a_time_keep_their_order_within_a_batch(
    shared: Tenant, name: str
) -> None:
    # Ids whose own order is another one, and far more than a millisecond can tell apart.
    names = [f"{(number * 7919) % 1000:03}" for number in range(300)]
    messages = [{"sessionExternalId": name, "externalId": id} for id in names]
    await accepted(shared, "batch", {"messages": messages})

    shown = await transcript(shared, name)
    assert sequence(shown) == names
    assert len({message["createdAt"] for message in shown["messages"]}) < len(names)


async def test_messages_without_a_time_keep_their_order_over_requests(
    shared: Tenant, name: str
) -> None:
    names = ["user", "tool", "b", "a"]
    await send(shared, name, [{"message": id} for id in names])

    assert sequence(await transcript(shared, name)) == names


async def test_messages_of_one_millisecond_keep_the_order_of_arrival(
    shared: Tenant, name: str
) -> None:
    names = ["z", "y", "a", "m"]
    messages = [{"sessionExternalId": name, "externalId": id, "createdAt": EARLY} for id in names]
    await accepted(shared, "batch", {"messages": messages})

    assert sequence(await transcript(shared, name)) == names


async def test_a_retry_does_not_move_a_message(shared: Tenant, name: str) -> None:
    names = ["a", "b", "c"]
    requests: list[Body] = [{"message": id, "textContent": id} for id in names]
    await send(shared, name, requests)
    await send(shared, name, [{"message": "a", "textContent": "a, changed"}, *requests])

    assert sequence(await transcript(shared, name)) == names


async def test_messages_with_a_time_are_in_the_order_of_time(shared: Tenant, name: str) -> None:
    arrivals = [3, 1, 2, 5, 4]
    await send(shared, name, [{"message": str(at), "createdAt": EARLY + at} for at in arrivals])

    assert sequence(await transcript(shared, name)) == ["1", "2", "3", "4", "5"]


# The time of the last change.


async def test_a_session_moves_to_the_top_when_it_changes_and_not_when_it_is_repeated(
    tenant: Tenant,
) -> None:
    for name in ("a", "b"):
        await accepted(tenant, "session", {"externalId": name, "title": name})
    await accepted(tenant, "session", {"externalId": "a", "title": "a"})
    repeated = [s["externalId"] for s in (await read(tenant, "/api/sessions"))["sessions"]]
    await accepted(tenant, "session", {"externalId": "a", "title": "changed"})
    changed = [s["externalId"] for s in (await read(tenant, "/api/sessions"))["sessions"]]

    assert (repeated, changed) == (["b", "a"], ["a", "b"])


async def test_any_order_of_a_session_and_its_messages_gives_the_same_rows(
    service: Service,
) -> None:
    requests: list[tuple[str, Body]] = [
        ("session", {"externalId": "s", "title": "T", "source": "pi", "createdAt": EARLY}),
        ("message", {"sessionExternalId": "s", "externalId": "1", "createdAt": EARLY + 1}),
        ("message", {"sessionExternalId": "s", "externalId": "2", "createdAt": EARLY + 2}),
    ]
    seen = []
    for order in itertools.permutations(requests):
        tenant = await make_tenant(service)
        for path, body in order:
            assert (await post(tenant, path, body)).status_code == 200
        shown = await transcript(tenant, "s")
        session = subset(
            shown["session"],
            dict.fromkeys(("externalId", "title", "source", "messageCount", "createdAt")),
        )
        seen.append((session, sequence(shown)))

    assert all(one == seen[0] for one in seen)
    assert seen[0][1] == ["1", "2"]


# What the owner has set.


async def test_an_edited_title_stays_until_its_owner_gives_it_back(tenant: Tenant) -> None:
    pocketbase = tenant.service.context.pocketbase
    await accepted(tenant, "session", {"externalId": "s", "title": "Sent"})
    session = f"/api/collections/sessions/records/{(await session_of(tenant))['id']}"

    await pocketbase.send("PATCH", session, {"title": "Mine", "titleEdited": True})
    await accepted(tenant, "session", {"externalId": "s", "title": "Sent again", "cost": 2})
    kept = await session_of(tenant)
    await pocketbase.send("PATCH", session, {"titleEdited": False})
    await accepted(tenant, "session", {"externalId": "s", "title": "Sent again"})
    given_back = await session_of(tenant)

    assert (kept["title"], kept["searchableText"], kept["cost"]) == ("Mine", "Mine", 2)
    assert given_back["title"] == "Sent again"
