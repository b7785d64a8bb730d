"""Filters with values from anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.pocketbase.filters import bind, quote


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", '"plain"'),
        ("", '""'),
        ('say "hi"', '"say \\"hi\\""'),
        ("it's", '"it\'s"'),
        ("back\\slash", '"back\\\\slash"'),
        ("\\", '"\\\\"'),
        ("Grüße 🦜", '"Grüße 🦜"'),
        (5, "5"),
        (-2.5, "-2.5"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
    ],
)
def test_a_value_becomes_a_literal(value: Any, literal: str) -> None:
    assert quote(value) == literal


@settings(derandomize=True, database=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_text_ends_its_literal_early(text: str) -> None:
    literal = quote(text)

    # Control characters may stand for themselves; PocketBase knows few escapes.
    assert json.loads(literal, strict=False) == text
    inside = literal[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inside


def test_values_go_where_their_names_are() -> None:
    filter = bind("user = {:user} && (at < {:at} || at = {:at})", user="u'1", at=5)

    assert filter == 'user = "u\'1" && (at < 5 || at = 5)'


def test_a_value_that_looks_like_a_placeholder_is_only_a_value() -> None:
    assert bind("a = {:a} && b = {:b}", a="{:b}", b="x") == 'a = "{:b}" && b = "x"'


def test_a_value_with_a_backslash_is_not_taken_for_a_group() -> None:
    assert bind("a = {:a}", a="\\1 \\g<0>") == 'a = "\\\\1 \\\\g<0>"'


@pytest.mark.parametrize("name", ["self", "expression", "values", "filter"])
def test_any_name_may_be_a_placeholder(name: str) -> None:
    assert bind(f"a = {{:{name}}}", **{name: 1}) == "a = 1"


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("user = {:user}", {}),
        ("user = {:user}", {"user": "u", "id": "i"}),
        ("user = {:user}", {"users": "u"}),
        ("id != ''", {"id": "i"}),
    ],
)
def test_names_and_values_have_to_match(expression: str, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="Filter"):
        bind(expression, **values)
