"""Snippets and the places of matches in them."""

from __future__ import annotations

import pytest

from sidecar.domain.snippets import LONGEST, Snippet, around, unmarked


def matched(snippet: Snippet) -> list[str]:
    """Return what a browser would mark: positions count UTF-16 units."""
    units = snippet.text.encode("utf-16-le")
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in snippet.matches]


def test_marks_become_positions() -> None:
    snippet = unmarked("a \x02bc\x03 d \x02e\x03")

    assert snippet == Snippet("a bc d e", ((2, 4), (7, 8)))


@pytest.mark.parametrize("text", ["", "plain", "\x02open", "close\x03", "\x03\x02"])
def test_what_is_no_pair_of_marks_is_no_match(text: str) -> None:
    snippet = unmarked(text)

    assert snippet.matches == ()
    assert "\x02" not in snippet.text and "\x03" not in snippet.text


def test_positions_count_as_javascript_does() -> None:
    snippet = unmarked("\U0001f600 \x02na\u00efve \U0001f600\x03 x")

    assert matched(snippet) == ["na\u00efve \U0001f600"]
    assert snippet.matches == ((3, 11),)


def test_a_snippet_is_not_long_and_shows_the_first_match() -> None:
    snippet = unmarked("x" * 5000 + " \x02needle\x03 " + "y" * 5000)

    assert len(snippet.text) == LONGEST
    assert matched(snippet) == ["needle"]
    assert snippet.text[0] == snippet.text[-1] == "\u2026"


def test_a_match_that_is_cut_off_is_not_named() -> None:
    snippet = unmarked("\x02first\x03 " + "x" * 290 + " \x02second and more\x03")

    assert matched(snippet)[0] == "first"
    assert all(end <= len(snippet.text) for _, end in snippet.matches)


def test_a_part_of_a_name_is_found_in_the_name() -> None:
    snippet = around("We call createIndexWriter here", ["index"])

    assert matched(snippet) == ["Index"]


def test_what_is_not_there_gives_the_start_of_the_text() -> None:
    assert around("the start of it", ["zebra"]) == Snippet("the start of it")
    assert around("", ["zebra"]) == Snippet("")
    assert around("x .* y", [".*"]).matches == ((2, 4),)


def test_html_stays_text() -> None:
    snippet = unmarked("<img src=x onerror=\x02alert\x03(1)>")

    assert snippet.text == "<img src=x onerror=alert(1)>"
