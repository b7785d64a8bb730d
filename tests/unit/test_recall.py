"""What of past messages becomes context: how much, from where, and without secrets."""

from __future__ import annotations

from typing import Any

from sidecar.domain.recall import FETCHED, LONGEST_MESSAGE, Remembered, as_text, recalled

SECRET = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9v"
SESSIONS: dict[str, dict[str, Any]] = {
    name: {"id": name, "title": f"Title {name}"} for name in ("a", "b", "c")
}


def message(session: str, content: str, number: int = 0) -> Remembered:
    return Remembered(f"{session}{number}", session, "user", content, 1 - number / 100)


def test_messages_are_grouped_by_session_the_best_first() -> None:
    found = [message("b", "1"), message("a", "2", 1), message("b", "3", 2)]

    recall = recalled(found, SESSIONS, most_sessions=5, most_tokens=100)

    shown = [(session["id"], [m.content for m in kept]) for session, kept in recall.sessions]
    assert shown == [("b", ["1", "3"]), ("a", ["2"])]


def test_one_session_does_not_crowd_out_the_others() -> None:
    found = [message("a", "x", number) for number in range(50)] + [message("b", "y", 50)]

    recall = recalled(found, SESSIONS, most_sessions=5, most_tokens=1000)

    assert [len(kept) for _, kept in recall.sessions] == [10, 1]


def test_no_more_sessions_and_tokens_than_asked() -> None:
    found = [message(name, "x" * 100) for name in "abc"]

    recall = recalled(found, SESSIONS, most_sessions=2, most_tokens=30)

    sizes = [len(m.content) for _, kept in recall.sessions for m in kept]
    assert sizes == [100, 20]


def test_a_message_of_no_session_of_the_user_is_left_out() -> None:
    assert recalled([message("z", "x")], SESSIONS, most_sessions=2, most_tokens=9).sessions == []


def test_half_a_secret_at_the_end_of_what_was_fetched_is_not_shown() -> None:
    text = ("x " * FETCHED)[: FETCHED - 12] + SECRET[:12]

    recall = recalled([message("a", text)], SESSIONS, most_sessions=1, most_tokens=100_000)

    ((_, (kept,)),) = recall.sessions
    assert SECRET[:12] not in kept.content
    assert len(kept.content) <= LONGEST_MESSAGE


def test_secrets_in_titles_are_masked_too() -> None:
    sessions = {"a": {"id": "a", "title": f"use {SECRET}"}}

    recall = recalled([message("a", SECRET)], sessions, most_sessions=1, most_tokens=100)

    assert SECRET not in as_text("q", recall)
    assert recall.redactions == 2
