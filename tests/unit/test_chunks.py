"""What is embedded of a message and of a session, and how long texts are cut."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.chunks import (
    RECIPE,
    TEXT_LIMIT,
    Piece,
    Window,
    chunks,
    message_text,
    session_text,
    text_hash,
)

# Words, lines and paragraphs in scripts of one to four bytes a character, and what breaks them.
TEXTS = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            ["\n", "\n\n", " ", ". ", "word ", "漢字かな", "🧪🧪🧪🧪", "й" * 20, "\ud83d"]
        ),
        st.text(alphabet="ab \n.é漢🧪", max_size=60),
    ),
    max_size=40,
).map("".join)
WINDOWS = st.integers(16, 400).flatmap(
    lambda size: st.builds(Window, st.just(size), st.integers(0, size // 4))
)


def size(text: str) -> int:
    return len(text.encode(errors="replace"))


@given(TEXTS, WINDOWS)
def test_every_character_is_in_a_piece_and_pieces_stand_where_they_say(
    text: str, window: Window
) -> None:
    reached = 0
    for chunk in chunks(text, window):
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text
        assert chunk.start <= reached < chunk.end
        reached = chunk.end
    assert reached == len(text)


@given(TEXTS, WINDOWS)
def test_no_piece_is_longer_than_the_window(text: str, window: Window) -> None:
    assert all(size(chunk.text) <= window.size for chunk in chunks(text, window))


@given(TEXTS, WINDOWS)
def test_no_piece_repeats_more_than_the_overlap(text: str, window: Window) -> None:
    pieces = chunks(text, window)

    for before, after in itertools.pairwise(pieces):
        assert size(text[after.start : before.end]) <= window.overlap


@given(TEXTS, WINDOWS)
def test_there_are_not_more_pieces_than_the_length_asks_for(text: str, window: Window) -> None:
    # Half a window, less a split character, less the overlap: the least progress of one piece.
    least = max(1, window.size // 2 - 3 - window.overlap)

    assert len(chunks(text, window)) <= 1 + size(text) / least


@given(TEXTS, WINDOWS)
def test_the_same_text_is_always_cut_alike(text: str, window: Window) -> None:
    assert chunks(text, window) == chunks("".join(list(text)), window)


def test_a_text_that_fits_is_one_piece() -> None:
    (only,) = chunks("a" * 100, Window.of(100))

    assert (only.start, only.text) == (0, "a" * 100)


def test_an_empty_text_has_no_pieces() -> None:
    assert chunks("", Window.of(100)) == []


def test_pieces_end_at_paragraphs_before_lines_before_sentences_before_words() -> None:
    start = "word " * 12
    endings = {
        "para\n\nline\nsentence. end": "para\n\n",
        "line\nsentence. end": "line\n",
        "sentence. end": "sentence. ",
        "end": "end",
    }
    for middle, end in endings.items():
        text = f"{start}{middle} {'x' * 100}"

        first = chunks(text, Window(100, 0))[0]

        assert first.text.rstrip(" ").endswith(end.rstrip(" "))


def test_the_repeated_text_starts_at_a_word() -> None:
    text = " ".join(f"word{number}" for number in range(100))

    for chunk in chunks(text, Window(100, 20)):
        assert chunk.text.startswith("word")


def test_text_without_any_break_is_cut_where_the_window_ends() -> None:
    assert [c.start for c in chunks("x" * 250, Window(100, 0))] == [0, 100, 200]


@pytest.mark.parametrize(("length", "overlap"), [(15, 0), (100, 26), (100, -1)])
def test_a_window_without_progress_is_refused(length: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="cannot be cut"):
        Window(length, overlap)


# What is embedded of a message.


def test_the_text_content_is_what_was_said() -> None:
    parts = [Piece("text", "the same again")]

    assert message_text("  The answer.\n", parts) == "The answer."


@pytest.mark.parametrize(
    "content", ["Hello", {"text": "Hello"}, {"content": "Hello"}], ids=["str", "text", "content"]
)
def test_text_parts_count_where_there_is_no_text_content(content: Any) -> None:
    parts = [Piece("text", content), Piece("text", "World"), Piece("text", None)]

    assert message_text(" ", parts) == "Hello\n\nWorld"


@pytest.mark.parametrize("kind", ["thinking", "reasoning", "tool-result", "tool_result", "image"])
def test_thinking_output_of_tools_and_the_unknown_are_left_out(kind: str) -> None:
    assert message_text("", [Piece(kind, "a secret thought")]) == ""


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("tool-call", {"toolName": "Read", "args": {"path": "notes.md", "limit": 5}}),
        ("tool_use", {"name": "Read", "input": {"path": "notes.md", "limit": 5}}),
        ("toolCall", {"name": "Read", "arguments": '{"path": "notes.md", "limit": 5}'}),
        ("tool_use", '{"toolName": "Read", "args": {"path": "notes.md", "limit": 5}}'),
        ("tool", {"tool": "Read", "state": {"input": {"path": "notes.md", "limit": 5}}}),
        (
            "function-call",
            {"function": {"name": "Read", "arguments": {"path": "notes.md", "limit": 5}}},
        ),
    ],
)
def test_every_way_to_write_a_tool_call_gives_the_same_line(kind: str, content: Any) -> None:
    line = "Tool Read: path=notes.md limit=5"

    assert message_text("I look.", [Piece(kind, content)]) == f"I look.\n\n{line}"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"toolName": "List"}, "Tool List"),
        ({"toolName": "List", "args": "of things"}, "Tool List: of things"),
        ({"toolName": "List", "args": ["of", "things"]}, 'Tool List: ["of", "things"]'),
        ({"args": {"a": None}}, "Tool: a="),
        ("ls -l", "Tool: ls -l"),
        ("{broken", "Tool: {broken"),
        (None, ""),
        (7, "Tool: 7"),
        ({}, ""),
    ],
)
def test_a_tool_call_of_any_shape_gives_a_line(content: Any, line: str) -> None:
    assert message_text("", [Piece("tool-call", content)]) == line


def test_long_arguments_are_shortened_and_their_white_space_is_one_blank() -> None:
    args = {"path": "a.py", "content": "line one\n\tline two\n" + "x" * 1_000_000}

    text = message_text("", [Piece("tool-call", {"toolName": "Write", "args": args})])

    assert text.startswith("Tool Write: path=a.py content=line one line two xxx")
    assert len(text) < 250


def test_many_calls_take_no_more_than_their_share() -> None:
    call = Piece("tool-call", {"toolName": "Bash", "args": {"command": "make test " * 20}})

    assert len(message_text("", [call] * 500)) <= 2_000


def test_an_embedded_picture_is_left_out_and_what_follows_is_kept() -> None:
    picture = "data:image/png;base64," + "iVBORw0KGgo" * 50_000

    assert message_text(f"Look: {picture} What is it?", []) == "Look: data:image/png What is it?"


def test_of_a_very_long_message_the_first_part_is_embedded() -> None:
    assert len(message_text("word " * TEXT_LIMIT, [])) <= TEXT_LIMIT


@given(
    st.text(max_size=200),
    st.text(max_size=20),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=50),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["toolName", "name", "args", "input", "state", "function", "text"]),
                inner,
            )
        ),
    ),
)
def test_no_message_is_too_odd(text: str, kind: str, content: Any) -> None:
    for part in (Piece(kind, content), Piece("text", content), Piece("tool", json.dumps(content))):
        assert isinstance(message_text(text, [part]), str)
        assert isinstance(message_text("", [part]), str)


# What is embedded of a session.


def test_a_session_is_its_title_project_summary_and_first_prompts() -> None:
    text = session_text("Fix login", "shop", ["It fails", "Now test"], limit=500, summary="Done.")

    assert text == "Fix login\nProject: shop\nDone.\n\nIt fails\n\nNow test"


def test_an_untold_session_has_no_text() -> None:
    assert session_text("", " ", ["", "\n"], limit=500) == ""


@given(st.text(max_size=30), st.lists(st.text(max_size=900), max_size=8), st.integers(16, 1500))
def test_the_text_of_a_session_keeps_its_limit(title: str, prompts: list[str], limit: int) -> None:
    assert size(session_text(title, "project", prompts, limit=limit)) <= limit


def test_a_session_that_goes_on_keeps_its_text_once_it_is_full() -> None:
    prompts = [f"prompt {number} " + "words " * 40 for number in range(50)]

    texts = {session_text("Title", "project", prompts[:n], limit=768) for n in range(5, 50)}

    assert len(texts) == 1


# Hashes.


def test_the_hash_is_the_same_for_the_same_text_and_is_sha_256() -> None:
    window = Window.of(768)

    assert text_hash("Hello", window) == text_hash("Hello", Window(768, 96))
    assert len(text_hash("Hello", window)) == 64
    assert int(text_hash("Hello", window), 16)


def test_another_text_another_window_and_another_recipe_have_other_hashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = Window.of(768)
    hashes = {text_hash("Hello", window), text_hash("Hello!", window), text_hash("", window)}
    hashes |= {text_hash("Hello", Window.of(4_000)), text_hash("Hello", Window(768, 0))}
    monkeypatch.setattr("sidecar.domain.chunks.RECIPE", RECIPE + 1)
    hashes.add(text_hash("Hello", window))

    assert len(hashes) == 6


def test_half_of_an_emoji_does_not_stop_a_hash() -> None:
    assert text_hash("\ud83d", Window.of(100)) != text_hash("?", Window.of(100))
