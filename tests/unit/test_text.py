"""Text that a database of UTF-8 can hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.domain.text import clean, clean_json, shortened

any_text = st.text(st.characters(exclude_categories=()))
HIGH, LOW = "\ud83e", "\udd9c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("Grüße 🦜 \ufffd", "Grüße 🦜 \ufffd"),
        ("a\0b", "a\ufffdb"),
        ("\0\0", "\ufffd\ufffd"),
        (f"cut {HIGH}", "cut \ufffd"),
        (f"{LOW} cut", "\ufffd cut"),
        (f"{LOW}{LOW}", "\ufffd\ufffd"),
        (f"{HIGH}x{LOW}", "\ufffdx\ufffd"),
        (f"é{HIGH}\0", "é\ufffd\ufffd"),
        ("\x01\x1f\x7f\u2028\ufffe", "\x01\x1f\x7f\u2028\ufffe"),
    ],
)
def test_only_nul_and_half_characters_are_replaced(text: str, expected: str) -> None:
    assert clean(text) == expected


@settings(derandomize=True, database=None)
@given(any_text)
def test_cleaned_text_can_be_encoded_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)

    assert cleaned.encode().decode() == cleaned
    assert "\0" not in cleaned
    assert clean(cleaned) == cleaned


@settings(derandomize=True, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_text_that_can_be_held_is_not_touched(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\0", "a\ufffd"),
        (["a\0", ["\0"]], ["a\ufffd", ["\ufffd"]]),
        ({"k\0": {"l": "\0"}}, {"k\ufffd": {"l": "\ufffd"}}),
        ([1, 2.5, None, True, "x"], [1, 2.5, None, True, "x"]),
        ({}, {}),
    ],
)
def test_every_text_within_a_value_is_cleaned(value: Any, expected: Any) -> None:
    assert clean_json(value) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 10, "short"),
        ("exactly", 7, "exactly"),
        ("too long", 7, "too lo…"),
        ("🦜🦜🦜", 2, "🦜…"),
        ("ab", 1, "…"),
        ("", 1, ""),
    ],
)
def test_a_text_that_is_too_long_is_cut_and_shows_it(text: str, limit: int, expected: str) -> None:
    assert shortened(text, limit) == expected
    assert len(shortened(text, limit)) <= limit
