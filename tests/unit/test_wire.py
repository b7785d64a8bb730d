"""What plugins send, as models: lenient in, exact after."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sidecar.domain.wire import LARGEST, BatchIn, MessageIn, SessionIn, items_in

MS = 1_740_823_200_123


def session(**fields: Any) -> SessionIn:
    return SessionIn.model_validate(fields)


def message(**fields: Any) -> MessageIn:
    return MessageIn.model_validate(fields)


def parts(**fields: Any) -> list[tuple[str, Any]] | None:
    found = message(**fields).all_parts()
    return None if found is None else [(part.type, part.content) for part in found]


# Names.


@pytest.mark.parametrize(
    ("sent", "field", "value"),
    [
        ({"externalId": "a"}, "externalId", "a"),
        ({"sessionId": "a"}, "externalId", "a"),
        ({"externalId": "a", "sessionId": "b"}, "externalId", "a"),
        ({"cwd": "/p"}, "projectPath", "/p"),
        ({"inputTokens": 1}, "promptTokens", 1),
        ({"outputTokens": 1}, "completionTokens", 1),
        ({"costEstimate": 0.5}, "cost", 0.5),
        ({"startedAt": MS}, "createdAt", MS),
        ({"endedAt": MS}, "updatedAt", MS),
        ({"tokenUsage": {"input": 7, "output": 8}}, "promptTokens", 7),
        ({"tokenUsage": {"input": 7, "output": 8}}, "completionTokens", 8),
        ({"tokenUsage": {"input": 7}, "promptTokens": 9}, "promptTokens", 9),
        ({"tokenUsage": {"input": 7}, "promptTokens": 0}, "promptTokens", 7),
        ({"tokenUsage": {"input": None, "other": 1}}, "promptTokens", None),
    ],
)
def test_a_session_is_understood_under_every_name(
    sent: dict[str, Any], field: str, value: Any
) -> None:
    assert getattr(session(**sent), field) == value


@pytest.mark.parametrize(
    ("sent", "field", "value"),
    [
        ({"sessionExternalId": "a"}, "sessionExternalId", "a"),
        ({"sessionId": "a"}, "sessionExternalId", "a"),
        ({"externalId": "a"}, "externalId", "a"),
        ({"messageId": "a"}, "externalId", "a"),
        ({"content": "x"}, "textContent", "x"),
        ({"textContent": "x", "content": "y"}, "textContent", "x"),
        ({"inputTokens": 1}, "promptTokens", 1),
        ({"outputTokens": 1}, "completionTokens", 1),
        ({"timestamp": MS}, "createdAt", MS),
        ({"createdAt": MS, "timestamp": 5}, "createdAt", MS),
        ({"toolInput": {"a": 1}}, "toolArgs", {"a": 1}),
        ({"toolOutput": "x"}, "toolResult", "x"),
    ],
)
def test_a_message_is_understood_under_every_name(
    sent: dict[str, Any], field: str, value: Any
) -> None:
    assert getattr(message(**sent), field) == value


@pytest.mark.parametrize("field", [*SessionIn.model_fields])
def test_null_is_absent_in_a_session(field: str) -> None:
    assert session(**{field: None}) == session()


@pytest.mark.parametrize("field", [*MessageIn.model_fields])
def test_null_is_absent_in_a_message(field: str) -> None:
    assert message(**{field: None}) == message()


@pytest.mark.parametrize("field", ["sessions", "messages"])
def test_null_is_absent_in_a_batch(field: str) -> None:
    assert BatchIn.model_validate({field: None}) == BatchIn()


def test_a_null_does_not_hide_a_value_under_another_name() -> None:
    assert session(externalId=None, sessionId="a").externalId == "a"
    assert message(textContent=None, content="x").textContent == "x"


def test_unknown_keys_are_kept_aside() -> None:
    sent = session(externalId="a", slug="b", totalTokens=5, deep={"x": [1]})

    assert sent.model_extra == {"slug": "b", "totalTokens": 5, "deep": {"x": [1]}}


# Values.


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (0, 0),
        (5, 5),
        (5.0, 5),
        (5.4, 5),
        (5.6, 6),
        ("5", 5),
        (LARGEST, LARGEST),
        (-1, None),
        (-0.6, None),
        ("-5", None),
    ],
)
def test_a_count_is_a_whole_number_and_never_negative(value: Any, read: int | None) -> None:
    assert session(promptTokens=value).promptTokens == read


@pytest.mark.parametrize(
    "value",
    [LARGEST + 1, 1e300, float("inf"), "many", "", "5.5", "9" * 5000, True, False, [], {}, "1e3"],
)
def test_what_is_no_count_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        session(promptTokens=value)


@pytest.mark.parametrize(
    ("value", "read"), [(0, 0), (0.25, 0.25), (3, 3.0), ("0.5", 0.5), (-0.01, None), ("-1", None)]
)
def test_an_amount_may_be_broken_and_is_never_negative(value: Any, read: float | None) -> None:
    assert session(cost=value).cost == read


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), 1e13, "free", "nan", "inf", True, [], {}]
)
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        session(cost=value)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (MS, MS),
        (float(MS), MS),
        (MS + 0.4, MS),
        (str(MS), MS),
        (f" {MS} ", MS),
        (1_740_823_200, 1_740_823_200_000),
        ("1740823200", 1_740_823_200_000),
        ("2025-03-01T10:00:00.123Z", MS),
        ("2025-03-01T10:00:00.123", MS),
        ("2025-03-01 10:00:00.123+00:00", MS),
        ("2025-03-01T11:00:00.123+01:00", MS),
        (" 2025-03-01T10:00:00.123Z\n", MS),
        ("2025-03-01", 1_740_787_200_000),
        ("1969-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139_000),
        *((text, None) for text in ("", " ", "soon", "-", "--5", "-5", "²", "٣x", "12:00", "1e3")),
        *((text, None) for text in ("9" * 30, "9" * 5000)),
        (0, 0),
        (-1, None),
        (-1.5, None),
    ],
)
def test_a_time_is_milliseconds_whatever_it_was_written_in(value: Any, read: int | None) -> None:
    assert (session(createdAt=value).createdAt or 0) == (read or 0)


@pytest.mark.parametrize(
    "value", [LARGEST + 1, 1e300, float("inf"), str(LARGEST + 1), True, [], {}]
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        session(createdAt=value)

    # The sentence goes to the client; it is not that of a Python exception.
    assert "Value error" not in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("gpt-5", "gpt-5"),
        ({"id": "gpt-5", "providerID": "openai", "variant": "high"}, "gpt-5"),
        ({"modelID": "gpt-5", "id": "other"}, "gpt-5"),
        ({"providerID": "openai"}, None),
        ({"id": None}, None),
        ({}, None),
        (5, "5"),
    ],
)
def test_a_model_is_known_by_its_name(value: Any, read: str | None) -> None:
    assert session(model=value).model == read
    assert message(model=value).model == read


def test_numbers_are_taken_where_a_text_is_expected() -> None:
    assert session(externalId=42, title=1.5).externalId == "42"


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (SessionIn, {"title": {}}),
        (SessionIn, {"externalId": ["a"]}),
        (SessionIn, {"source": True}),
        (SessionIn, {"tokenUsage": 5}),
        (MessageIn, {"textContent": {"text": "x"}}),
        (MessageIn, {"role": ["user"]}),
        (MessageIn, {"parts": {}}),
        (MessageIn, {"parts": "text"}),
        (MessageIn, {"parts": [5]}),
        (MessageIn, {"parts": [None]}),
        (MessageIn, {"toolCalls": {}}),
        (BatchIn, {"sessions": {}}),
        (BatchIn, {"messages": "all"}),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(
    model: type[SessionIn | MessageIn | BatchIn], fields: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(fields)

    assert refused.value.errors()[0]["loc"][0] in fields


# Parts.


@pytest.mark.parametrize(
    ("sent", "kind", "content"),
    [
        ({"type": "text", "content": "x"}, "text", "x"),
        ({"type": "text", "content": {"text": "x"}}, "text", {"text": "x"}),
        ({"type": "text", "content": None}, "text", None),
        ({"type": "text", "content": ""}, "text", ""),
        ({"type": "tool_use", "name": "Read"}, "tool_use", {"name": "Read"}),
        ({"type": "step-start"}, "step-start", {}),
        ({"content": "x"}, "unknown", "x"),
        ({"type": "", "content": "x"}, "unknown", "x"),
        ({"type": None, "content": "x"}, "unknown", "x"),
        ({"type": 5, "content": "x"}, "unknown", "x"),
        ({}, "unknown", {}),
        ("x", "text", "x"),
    ],
)
def test_a_part_of_any_shape_has_a_type_and_a_content(sent: Any, kind: str, content: Any) -> None:
    assert parts(parts=[sent]) == [(kind, content)]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, None),
        ({"parts": None}, None),
        ({"parts": []}, []),
        ({"toolCalls": None}, None),
        ({"toolCalls": []}, None),
        ({"toolCalls": [{"name": "ls"}]}, [("tool-call", {"name": "ls"})]),
        ({"toolName": "ls"}, [("tool-call", {"toolName": "ls", "args": None})]),
        (
            {"toolName": "ls", "toolArgs": {"p": 1}, "toolResult": "a"},
            [("tool-call", {"toolName": "ls", "args": {"p": 1}}), ("tool-result", "a")],
        ),
        ({"toolResult": {"a": 1}}, [("tool-result", {"a": 1})]),
        ({"parts": ["x"], "toolCalls": [1], "toolName": "ls"}, [("text", "x")]),
        ({"parts": [], "toolName": "ls"}, []),
    ],
)
def test_tool_fields_of_old_clients_become_parts_where_no_parts_were_sent(
    sent: dict[str, Any], expected: list[tuple[str, Any]] | None
) -> None:
    assert parts(**sent) == expected


def test_a_batch_keeps_items_of_any_shape_for_later() -> None:
    batch = BatchIn.model_validate({"sessions": [5, None, {}], "messages": [[]], "other": 1})

    assert (batch.sessions, batch.messages) == ([5, None, {}], [[]])


# How much a body holds.


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ({"sessionId": "s"}, 1),
        ({"messageId": "m", "parts": ["", "", {}]}, 4),
        ({"messageId": "m", "toolCalls": [1, 2]}, 3),
        ({"sessions": [{}, {}], "messages": [{"parts": [""]}, {"parts": None}, 7]}, 6),
        ({"sessions": [], "messages": []}, 1),
        ({"messages": "none", "parts": "none"}, 1),
        ([], 1),
        (None, 1),
    ],
)
def test_items_are_counted_before_anything_is_validated(body: Any, items: int) -> None:
    assert items_in(body) == items
