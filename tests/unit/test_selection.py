from __future__ import annotations

from typing import Any

import pytest

from sidecar.domain.selection import LabelledSelection, Selection
from sidecar.errors import Unprocessable
from sidecar.services.ingest import parse

ID = "a" * 15


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": ["not an id"]},
        {"ids": [ID] * 1001},
        {"ids": [ID], "filter": {}},
        {"ids": [ID], "except": [ID]},
        {"filter": {"sourec": "codex"}},
        {"filter": {"source": []}},
        {"filter": {"untitled": "yes"}},
        {"filter": {"maxMessages": -1}},
        {"filter": {"tags": [""]}},
        {"filter": {"evalStatus": "silver"}},
        {"filter": {}, "expect": []},
        {"filter": None},
    ],
)
def test_what_is_not_understood_is_refused_rather_than_overlooked(body: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable):
        parse(Selection, body)


def test_a_selection_says_what_was_given_and_nothing_else() -> None:
    body = {
        "filter": {"source": "codex", "model": ["a", "b"], "from": 5, "untitled": False},
        "except": [ID],
    }

    assert parse(Selection, body).conditions() == {
        "source": ["codex"],
        "model": ["a", "b"],
        "from": 5,
        "untitled": False,
        "except": [ID],
    }
    assert parse(Selection, {"filter": {}}).conditions() == {}
    assert parse(Selection, {"ids": [ID]}).conditions() == {"ids": [ID]}


@pytest.mark.parametrize(
    "labels",
    [{}, {"evalReady": 1}, {"evalStatus": "silver"}, {"addTags": ["a" * 65]}, {"title": "mine"}],
)
def test_labels_that_are_not_understood_are_refused(labels: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable):
        parse(LabelledSelection, {"ids": [ID], "set": labels})


@pytest.mark.parametrize(
    ("labels", "changes"),
    [
        ({"evalReady": False}, {"evalReady": False}),
        ({"evalStatus": None}, {"evalStatus": ""}),
        ({"evalStatus": "golden", "addTags": [" a "]}, {"evalStatus": "golden", "addTags": ["a"]}),
    ],
)
def test_a_status_of_null_is_removed_and_an_absent_one_stays(
    labels: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert parse(LabelledSelection, {"ids": [ID], "set": labels}).set.changes() == changes
