"""What is to be embedded, in which groups, and when to try again: no database, no embedder."""

from __future__ import annotations

from typing import Any

import pytest

from sidecar.config import load_settings
from sidecar.domain import ids
from sidecar.domain.chunks import Window
from sidecar.domain.embedding import (
    Work,
    groups,
    message_work,
    pause_after,
    session_work,
    space_name,
)

WINDOW = Window.of(64)


def message(text: str = "", **values: Any) -> dict[str, Any]:
    return {"id": "m", "updated": "then", "text": text, "parts": [], "known": None} | values


def session(**values: Any) -> dict[str, Any]:
    row = {"id": "s", "updated": "then", "title": "", "project": "", "summary": ""}
    return row | {"prompts": [], "known": None} | values


def sized(size: int) -> Work:
    return Work("message", str(size), "", "", ("x",) * size)


def test_a_new_text_is_cut_into_pieces_that_have_ids_of_their_own() -> None:
    work = message_work(message("word " * 40), WINDOW)

    assert work.pieces and work.size > 1
    rows = [work.row_id(chunk) for chunk in range(work.size)]
    assert len(set(rows)) == work.size and all(map(ids.is_record_id, rows))


def test_a_text_that_is_embedded_already_is_not_cut_again() -> None:
    first = message_work(message("the same"), WINDOW)
    again = message_work(message("the same", updated="now", known=first.hash), WINDOW)

    assert (first.pieces, again.pieces) == (("the same",), None)
    assert (again.updated, again.size) == ("now", 0)


def test_a_message_without_words_has_no_pieces() -> None:
    parts = [{"type": "thinking", "content": "hm"}]
    assert message_work(message("  ", parts=parts), WINDOW).pieces == ()


def test_a_tool_call_counts() -> None:
    parts = [{"type": "tool-call", "content": {"name": "Read", "args": {"path": "a.md"}}}]
    assert message_work(message(parts=parts), WINDOW).pieces == ("Tool Read: path=a.md",)


def test_a_session_is_one_piece_however_much_was_said() -> None:
    prompts = [message("please " * 20)] * 10
    work = session_work(session(title="A title", project="blue", prompts=prompts), WINDOW)

    assert work.size == 1 and work.pieces is not None
    assert work.pieces[0].startswith("A title\nProject: blue")


def test_a_session_that_grows_stays_as_it_is() -> None:
    some = session_work(session(title="A", prompts=[message("long " * 40)]), WINDOW)
    more = session_work(session(title="A", prompts=[message("long " * 40)] * 3), WINDOW)
    assert some.hash == more.hash


def test_message_and_session_of_one_id_have_different_rows() -> None:
    assert message_work(message("a", id="x"), WINDOW).row_id(0) != session_work(
        session(title="a", id="x"), WINDOW
    ).row_id(0)


@pytest.mark.parametrize(
    ("sizes", "limit", "wanted"),
    [
        ([], 4, []),
        ([1, 1, 1], 2, [[1, 1], [1]]),
        ([0, 0, 3, 0, 2], 3, [[0, 0, 3, 0], [2]]),
        ([9, 1, 9], 4, [[9], [1], [9]]),
    ],
)
def test_groups_hold_as_many_pieces_as_allowed_and_one_record_at_least(
    sizes: list[int], limit: int, wanted: list[list[int]]
) -> None:
    found = [[item.size for item in group] for group in groups(map(sized, sizes), limit)]
    assert found == wanted


@pytest.mark.parametrize("failures", [1, 2, 5, 9, 1_000_000])
def test_pauses_grow_to_minutes_and_are_never_shorter_than_asked_for(failures: int) -> None:
    least, most = pause_after(failures, 0.0), pause_after(failures, 1.0)
    assert 1.0 <= least < most <= 300.0
    assert pause_after(failures, 0.0, asked=1_000.0) >= 1_000.0
    assert pause_after(failures + 1, 0.0) >= least


def test_all_that_decides_what_a_vector_is_names_its_space() -> None:
    one = space_name("m", 3, Window.of(64))
    others = {
        space_name("n", 3, WINDOW),
        space_name("m", 4, WINDOW),
        space_name("m", 3, Window(65, 8)),
    }
    assert one == space_name("m", 3, WINDOW) and one not in others and len(others) == 3


def test_an_empty_number_in_the_environment_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSYNC_EMBEDDING_DIMENSIONS", "")
    monkeypatch.setenv("OPENSYNC_EMBEDDING_INPUT_TOKENS", "512")
    settings = load_settings()
    assert (settings.embedding_dimensions, settings.embedding_input_tokens) == (None, 512)
