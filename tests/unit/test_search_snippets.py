"""Snippets and the places of matches in them."""

from __future__ import annotations

import pytest

from sidecar.domain.snippets import LONGEST, SHOWN, Snippet, around, unmarked


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


LONG = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
TOKEN = f"ghp_{LONG}"
MASK = "[GitHub token removed]"


@pytest.mark.parametrize(
    ("marked", "text", "marks"),
    [
        (f"\x02use\x03 {TOKEN} \x02here\x03", f"use {MASK} here", ["use", "here"]),
        (
            f"\U0001f600 {TOKEN} \x02\U0001f600 x\x03",
            f"\U0001f600 {MASK} \U0001f600 x",
            ["\U0001f600 x"],
        ),
        (f"a ghp_\x02{LONG}\x03 b", f"a {MASK} b", [MASK]),
        (f"\x02ghp\x03_\x02{LONG}\x03 b", f"{MASK} b", [MASK]),
        (f"{TOKEN} {TOKEN} \x02x\x03", f"{MASK} {MASK} x", ["x"]),
        (f"\x02a ghp_{LONG} b\x03", f"a {MASK} b", ["a ", MASK, " b"]),
        (
            "db://\x02ann\x03:hunter2@\x02host\x03",
            "db://ann:[password in an address removed]@host",
            ["ann:[password in an address removed]", "host"],
        ),
        ("nothing \x02secret\x03 here", "nothing secret here", ["secret"]),
    ],
)
def test_secrets_are_masked_and_matches_stay_where_they_belong(
    marked: str, text: str, marks: list[str]
) -> None:
    snippet = unmarked(marked)

    assert snippet.text == text
    assert matched(snippet) == marks


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        (f"\u2026{LONG} then \x02x\x03", "\u2026 then x"),
        (f"\u2026proj-{LONG}_-{LONG}, \x02x\x03", "\u2026, x"),
        ("\u2026hunter2@db:5432 \x02x\x03", "\u2026@db:5432 x"),
        ("\u2026IBAAK+/\n-----END RSA PRIVATE KEY----- \x02x\x03", "\u2026 x"),
        (f"\x02x\x03 is eyJ{LONG}\u2026", "x is \u2026"),
        ("\x02x\x03 redis://:hunter2\u2026", "x redis://\u2026"),
        ("\x02x\x03 http://localhost:8080\u2026", "x http://localhost:8080\u2026"),
        (
            "\u2026src/components/search_results.tsx \x02x\x03",
            "\u2026src/components/search_results.tsx x",
        ),
        (
            "\u2026createIndexWriter \x02x\x03 with_some_long_name\u2026",
            "\u2026createIndexWriter x with_some_long_name\u2026",
        ),
    ],
)
def test_what_is_left_of_a_secret_that_was_cut_is_not_shown(marked: str, text: str) -> None:
    snippet = unmarked(marked)

    assert snippet.text == text
    assert matched(snippet) == ["x"]


def test_secrets_are_masked_before_a_text_is_cut() -> None:
    snippet = around("needle " + "x " * 138 + TOKEN, ["needle"])

    assert "ghp_" not in snippet.text
    assert len(snippet.text) == LONGEST
    assert matched(snippet) == ["needle"]


def test_a_secret_that_was_cut_by_the_database_is_not_shown() -> None:
    text = ("x " * SHOWN)[: SHOWN - 30] + " needle " + TOKEN

    snippet = around(text[:SHOWN], ["needle"])

    assert "ghp_" not in snippet.text and matched(snippet) == ["needle"]
