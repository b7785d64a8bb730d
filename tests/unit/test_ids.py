"""Ids that are derived, never looked up."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.domain import ids

# Ids that may be sent: any text that UTF-8 can hold, but for NUL, which joins the names.
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@settings(derandomize=True, database=None)
@given(kind=names, parts=st.lists(names, max_size=4))
def test_an_id_is_what_pocketbase_takes_for_one(kind: str, parts: list[str]) -> None:
    id = ids.derive(kind, *parts)

    assert len(id) == 15
    assert set(id) <= set("abcdefghijklmnopqrstuvwxyz0123456789")
    assert id == ids.derive(kind, *parts)


def test_an_id_never_changes_between_versions() -> None:
    """Rows that are stored are found again by these."""
    session = ids.session_id("user00000000001", "78294d96-6f4e-4470-8b91-c88ae1a6d361")
    message = ids.message_id(session, "toolu_01")

    assert (session, message, ids.part_id(message, 0)) == (
        "dxggvlmfidzluzt",
        "fu72nzhfxgh5zkj",
        "imvjxjbvoitmyv2",
    )


@settings(derandomize=True, database=None)
@given(one=st.tuples(names, names), other=st.tuples(names, names))
def test_other_names_are_another_id(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (ids.session_id(*one) == ids.session_id(*other)) == (one == other)


def test_names_cannot_be_shifted_from_one_place_to_the_next() -> None:
    assert ids.derive("k", "ab", "c") != ids.derive("k", "a", "bc")
    assert ids.derive("k", "a", "") != ids.derive("k", "a")


def test_each_kind_has_ids_of_its_own() -> None:
    kinds = [ids.session_id("a", "0"), ids.message_id("a", "0"), ids.part_id("a", 0)]

    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("users", list(itertools.combinations(["u1", "u2", "U1", ""], 2)))
def test_users_never_share_a_session(users: tuple[str, str]) -> None:
    assert ids.session_id(users[0], "s") != ids.session_id(users[1], "s")
