"""From what was sent to the rows that are stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sidecar.domain import ids
from sidecar.domain.clock import Clock
from sidecar.domain.rows import MessageRows, Row, RowBuilder
from sidecar.domain.wire import MessageIn, SessionIn
from sidecar.errors import InvalidRequest, Unprocessable
from sidecar.pocketbase import schema
from sidecar.resources import resource

USER = "user00000000001"
NOW = 1_790_000_000_000
EARLIER = NOW - 1000
LIMITS = schema.load(resource("pb_schema")).text_limits


@pytest.fixture
def rows() -> RowBuilder:
    return RowBuilder(LIMITS, Clock(lambda: NOW))


def session(rows: RowBuilder, **fields: Any) -> Row:
    return rows.session(USER, SessionIn.model_validate({"externalId": "s", **fields}))


def message(rows: RowBuilder, **fields: Any) -> MessageRows:
    body = {"sessionExternalId": "s", "externalId": "m", **fields}
    return rows.message(USER, MessageIn.model_validate(body))


# What is not said is not in the row.


def test_a_session_that_says_nothing_is_only_named(rows: RowBuilder) -> None:
    assert session(rows) == {
        "id": ids.session_id(USER, "s"),
        "user": USER,
        "externalId": "s",
        "source": "opencode",
        "sourceAssumed": True,
        "createdAt": NOW,
        "updatedAt": NOW,
    }


def test_a_message_that_says_nothing_is_only_named_and_so_is_its_session(rows: RowBuilder) -> None:
    made = message(rows)

    assert made.session == session(rows) | {"stub": True}
    assert made.parts is None
    assert made.message == {
        "id": ids.message_id(ids.session_id(USER, "s"), "m"),
        "session": ids.session_id(USER, "s"),
        "externalId": "m",
        "createdAt": NOW,
        "seq": made.message["seq"],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("title", text) for text in ("", "  ", "Untitled", "UNTITLED", " Untitled Session ")),
        *(("model", text) for text in ("", "unknown", "Test", " UNKNOWN ", {}, {"id": "test"})),
        *((name, "") for name in ("projectPath", "projectName", "provider", "gitBranch")),
        *((name, 0) for name in ("promptTokens", "cost", "durationMs", "toolCallCount")),
        *((name, -5) for name in ("completionTokens", "cost", "cacheReadTokens")),
        ("endReason", "\n"),
        ("title", None),
    ],
)
def test_what_says_nothing_of_a_session_is_left_out(
    rows: RowBuilder, field: str, value: Any
) -> None:
    assert session(rows, **{field: value}) == session(rows)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("role", role) for role in ("", "unknown", "oracle", "user assistant", None)),
        ("textContent", ""),
        ("model", "unknown"),
        ("provider", " "),
        ("promptTokens", 0),
        ("durationMs", 0),
        ("cost", 0.0),
    ],
)
def test_what_says_nothing_of_a_message_is_left_out(
    rows: RowBuilder, field: str, value: Any
) -> None:
    kept = {k: v for k, v in message(rows, **{field: value}).message.items() if k != "seq"}

    assert kept == {k: v for k, v in message(rows).message.items() if k != "seq"}


@pytest.mark.parametrize("role", ["user", "assistant", "system", "tool"])
def test_a_known_role_is_kept_however_it_is_written(rows: RowBuilder, role: str) -> None:
    assert message(rows, role=role).message["role"] == role
    assert message(rows, role=f" {role.upper()} ").message["role"] == role


def test_the_text_of_a_message_keeps_its_white_space(rows: RowBuilder) -> None:
    assert message(rows, textContent="  a\n").message["textContent"] == "  a\n"


# Sources.


@pytest.mark.parametrize(
    ("sent", "source", "assumed"),
    [
        (None, "opencode", True),
        ("", "opencode", True),
        ("  ", "opencode", True),
        ("opencode", "opencode", False),
        ("pi", "pi", False),
        ("Claude-Code", "claude-code", False),
        ("cursor", "cursor-sync", False),
        (" CURSOR ", "cursor-sync", False),
        ("cursor-sync", "cursor-sync", False),
        ("brand-new-agent", "brand-new-agent", False),
    ],
)
def test_a_source_goes_by_one_name_and_says_whether_it_was_said(
    rows: RowBuilder, sent: str | None, source: str, assumed: bool
) -> None:
    for row in (session(rows, source=sent), message(rows, source=sent).session):
        assert (row["source"], row.get("sourceAssumed", False)) == (source, assumed)


# Times.


@pytest.mark.parametrize(
    ("sent", "created", "updated"),
    [
        ({}, NOW, NOW),
        ({"createdAt": EARLIER}, EARLIER, EARLIER),
        ({"createdAt": EARLIER, "updatedAt": EARLIER + 1}, EARLIER, EARLIER + 1),
        ({"createdAt": NOW + 5}, NOW + 5, NOW + 5),
        ({"createdAt": NOW + 5, "updatedAt": EARLIER}, NOW + 5, NOW + 5),
        ({"updatedAt": EARLIER}, NOW, EARLIER),
        ({"createdAt": 0, "updatedAt": 0}, NOW, NOW),
    ],
)
def test_a_session_is_never_updated_before_it_is_made_where_both_are_said(
    rows: RowBuilder, sent: dict[str, int], created: int, updated: int
) -> None:
    row = session(rows, **sent)

    assert (row["createdAt"], row["updatedAt"]) == (created, updated)


def test_a_message_without_a_time_is_of_now_and_after_all_before_it(rows: RowBuilder) -> None:
    made = [message(rows, externalId=str(number)).message for number in range(100)]

    assert {row["createdAt"] for row in made} == {NOW}
    numbers = [row["seq"] for row in made]
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= NOW * 1000


def test_a_message_with_a_time_dates_the_session_it_makes(rows: RowBuilder) -> None:
    made = message(rows, createdAt=EARLIER)

    assert made.message["createdAt"] == EARLIER
    assert (made.session["createdAt"], made.session["updatedAt"]) == (EARLIER, EARLIER)


def test_arrival_numbers_never_repeat_or_go_back_when_the_clock_does() -> None:
    times = iter([NOW, NOW, NOW - 60_000, NOW + 1, NOW])
    clock = Clock(lambda: next(times))
    numbers = [clock.arrival() for _ in range(5)]

    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 2**53


# Ids.


def test_rows_carry_the_ids_of_their_owner(rows: RowBuilder) -> None:
    other = rows.session("user00000000002", SessionIn(externalId="s"))

    assert other["id"] != session(rows)["id"]


@pytest.mark.parametrize("missing", ["sessionExternalId", "externalId"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_message_without_an_id_is_refused(
    rows: RowBuilder, missing: str, value: str | None
) -> None:
    with pytest.raises(InvalidRequest, match="Missing"):
        message(rows, **{missing: value})


@pytest.mark.parametrize("value", [None, ""])
def test_a_session_without_an_id_is_refused(rows: RowBuilder, value: str | None) -> None:
    with pytest.raises(InvalidRequest, match="Missing externalId or sessionId"):
        session(rows, externalId=value)


@pytest.mark.parametrize("value", ["a\0", "\0", "x" * 513])
def test_an_id_that_cannot_be_stored_as_it_is_is_refused(rows: RowBuilder, value: str) -> None:
    with pytest.raises(Unprocessable, match="id"):
        session(rows, externalId=value)
    with pytest.raises(Unprocessable, match="id"):
        message(rows, externalId=value)


@pytest.mark.parametrize("value", ["x" * 512, "🦜" * 512, " ", "'; DROP", "\ufffd", "a\nb"])
def test_any_other_id_is_taken_as_it_is(rows: RowBuilder, value: str) -> None:
    assert session(rows, externalId=value)["externalId"] == value


# Limits.


@pytest.mark.parametrize("name", ["title", "projectPath", "projectName", "model", "source"])
def test_no_text_is_longer_than_its_column(rows: RowBuilder, name: str) -> None:
    row = session(rows, **{name: "x" * 10_000})

    assert len(row[name]) == LIMITS["sessions"][name]
    assert row[name].endswith("x…")


def test_unknown_keys_are_kept_unless_they_are_larger_than_their_column(rows: RowBuilder) -> None:
    limit = LIMITS["sessions"]["extra"]

    assert session(rows, a={"b": 1})["extra"] == {"a": {"b": 1}}
    assert "extra" not in session(rows)
    assert "extra" not in session(rows, a=None)
    assert "extra" not in session(rows, a="x" * limit)
    assert message(rows, a="é" * 100).message["extra"] == {"a": "é" * 100}
    assert "extra" not in message(rows, a="é" * limit).message


# Cleaning.


def test_nul_is_replaced_in_every_text(rows: RowBuilder) -> None:
    sent = session(rows, title="a\0", projectPath="/\0", model="m\0", source="s\0", other="o\0")
    made = message(
        rows, textContent="t\0", parts=[{"type": "p\0", "content": {"k\0": ["c\0"]}}], k="v\0"
    )

    assert "\0" not in repr(sent) + repr(made).replace("\\x00", "\0")
    assert (sent["title"], made.message["textContent"]) == ("a\ufffd", "t\ufffd")
    assert made.parts is not None
    assert made.parts[0]["type"] == "p\ufffd"
    assert json.loads(made.parts[0]["content"]) == {"k\ufffd": ["c\ufffd"]}


# Parts.


def test_parts_are_numbered_and_their_content_is_json_text(rows: RowBuilder) -> None:
    made = message(rows, parts=["é", {"type": "x", "content": {"a": [1, None]}}])

    assert made.parts == [
        {
            "id": ids.part_id(made.message["id"], 0),
            "message": made.message["id"],
            "type": "text",
            "content": '"é"',
            "order": 0,
        },
        {
            "id": ids.part_id(made.message["id"], 1),
            "message": made.message["id"],
            "type": "x",
            "content": '{"a":[1,null]}',
            "order": 1,
        },
    ]
    assert made.message["partCount"] == 2


def test_no_parts_and_an_empty_list_of_parts_are_different_things(rows: RowBuilder) -> None:
    absent, empty = message(rows), message(rows, parts=[])

    assert (absent.parts, empty.parts) == (None, [])
    assert "partCount" not in absent.message
    assert "partsHash" not in absent.message
    assert empty.message["partCount"] == 0
    # Not empty itself, which would mean that nothing is said of the parts.
    assert empty.message["partsHash"]


LISTS: list[list[Any]] = [
    [],
    ["a"],
    ["b"],
    ["a", "b"],
    ["b", "a"],
    ["ab"],
    ["a", "a"],
    [{"type": "x", "content": "a"}],
    [{"type": "text", "content": ["a"]}],
    [{"type": "text\0", "content": "a"}],
]


def test_lists_of_parts_that_differ_have_different_hashes(rows: RowBuilder) -> None:
    hashes = [message(rows, parts=parts).message["partsHash"] for parts in LISTS]

    assert len(set(hashes)) == len(LISTS)
    assert all(len(hash) <= LIMITS["messages"]["partsHash"] for hash in hashes)


def test_equal_requests_give_equal_rows_but_for_the_number_of_arrival(rows: RowBuilder) -> None:
    fields = {"textContent": "x", "parts": ["a", {"content": {"b": 1}}], "extra key": [1]}
    one, two = message(rows, **fields), message(rows, **fields)

    assert one.session == two.session
    assert one.parts == two.parts
    assert {**one.message, "seq": 0} == {**two.message, "seq": 0}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [260, 400, 500, 700, 990])
def test_what_is_nested_too_deeply_is_refused(rows: RowBuilder, depth: int) -> None:
    with pytest.raises(Unprocessable, match="nested"):
        session(rows, deep=nested(depth))
    with pytest.raises(Unprocessable, match="nested"):
        message(rows, parts=[{"type": "x", "content": nested(depth)}])


def test_what_is_nested_deeply_is_kept(rows: RowBuilder) -> None:
    assert session(rows, deep=nested(200))["extra"] == {"deep": nested(200)}
