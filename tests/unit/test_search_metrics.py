"""The measures of search quality."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

import httpx
import pytest

from scripts.bench import search_quality
from scripts.bench.search_quality import (
    DEPTH,
    MODES,
    Outcome,
    Query,
    Service,
    batches,
    misses,
    recall,
    reciprocal_rank,
    run,
    score,
    table,
    verdicts,
)
from sidecar.domain import ids
from tests.e2e.stack import Stack


def query(
    id: str, relevant: Sequence[str] = ("a",), *, kind: str = "paraphrase", split: str = "tune"
) -> Query:
    return Query(id, kind, split, f"text of {id}", frozenset(relevant))


def both(asked: Query, *, fulltext: Sequence[str], hybrid: Sequence[str]) -> list[Outcome]:
    return [Outcome(asked, "fulltext", tuple(fulltext)), Outcome(asked, "hybrid", tuple(hybrid))]


@pytest.mark.parametrize(
    ("found", "relevant", "expected"),
    [
        (["a"], {"a"}, 1.0),
        (["x", "a"], {"a"}, 1 / 2),
        (["x", "b", "a"], {"a", "b"}, 1 / 2),
        ([*"qrstuvwxy", "a"], {"a"}, 1 / 10),
        ([*"pqrstuvwxy", "a"], {"a"}, 0.0),
        (["x"], {"a"}, 0.0),
        ([], {"a"}, 0.0),
    ],
)
def test_reciprocal_rank_is_of_the_first_relevant_hit(
    found: list[str], relevant: set[str], expected: float
) -> None:
    assert reciprocal_rank(found, frozenset(relevant)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("found", "relevant", "expected"),
    [
        (["a", "b"], {"a", "b"}, 1.0),
        (["a", "x"], {"a", "b"}, 0.5),
        (["a", "a"], {"a", "b"}, 0.5),
        ([*"pqrstuvwxy", "a"], {"a"}, 0.0),
        ([], {"a"}, 0.0),
    ],
)
def test_recall_is_the_share_of_the_relevant_among_the_first(
    found: list[str], relevant: set[str], expected: float
) -> None:
    assert recall(found, frozenset(relevant)) == pytest.approx(expected)


def test_recall_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="without relevant"):
        recall(["a"], frozenset())


def test_the_depth_can_be_chosen() -> None:
    assert reciprocal_rank(["x", "a"], frozenset("a"), depth=1) == 0.0
    assert recall(["x", "a"], frozenset("a"), depth=1) == 0.0


def test_a_score_is_the_mean_over_the_queries_of_a_mode_split_and_kind() -> None:
    outcomes = [
        Outcome(query("1"), "hybrid", ("a",)),
        Outcome(query("2", ("a", "b")), "hybrid", ("x", "a")),
        Outcome(query("3", split="held"), "hybrid", ()),
        Outcome(query("4", kind="error"), "hybrid", ()),
        Outcome(query("1"), "fulltext", ()),
    ]

    found = score(outcomes, "hybrid", split="tune", kind="paraphrase")

    assert (found.queries, found.mrr, found.recall) == (2, 0.75, 0.75)
    assert score(outcomes, "hybrid").queries == 4
    assert score(outcomes, "semantic").queries == 0


def test_all_targets_are_met_when_hybrid_finds_more() -> None:
    outcomes = [
        *both(query("1"), fulltext=["x", "a"], hybrid=["a"]),
        *both(query("2"), fulltext=[], hybrid=["a"]),
        *both(query("3", split="held"), fulltext=["a"], hybrid=["a"]),
        *both(query("4", split="held"), fulltext=[], hybrid=["a"]),
    ]

    assert [verdict.met for verdict in verdicts(outcomes)] == [True, True, True]


def test_equal_results_meet_the_target_of_rank_alone() -> None:
    outcomes = both(query("1"), fulltext=["a"], hybrid=["a"])

    assert [verdict.met for verdict in verdicts(outcomes)] == [True, False, False]


def test_a_half_that_misses_is_not_outweighed_by_the_other() -> None:
    outcomes = [
        *both(query("1"), fulltext=[], hybrid=["a"]),
        *both(query("2"), fulltext=[], hybrid=["a"]),
        *both(query("3", split="held"), fulltext=["a"], hybrid=["x", "a"]),
    ]

    rank = verdicts(outcomes)[0]

    assert not rank.met
    assert "held 0.500 against 1.000" in rank.figures


def test_finding_nothing_is_no_success_of_either() -> None:
    assert not any(v.met for v in verdicts(both(query("1"), fulltext=[], hybrid=[]))[1:])
    assert not any(v.met for v in verdicts([]))


def test_paraphrases_alone_count_for_their_target() -> None:
    outcomes = [
        *both(query("1"), fulltext=["a"], hybrid=["a"]),
        *both(query("2", kind="error"), fulltext=[], hybrid=["a"]),
    ]

    assert [verdict.met for verdict in verdicts(outcomes)] == [True, True, False]


def test_what_was_missed_is_told_of_the_tuning_half_only() -> None:
    outcomes = [
        Outcome(query("1", ("a", "b")), "hybrid", ("a",)),
        Outcome(query("2", split="held"), "hybrid", ()),
        Outcome(query("3"), "hybrid", ("a",)),
    ]

    assert list(misses(outcomes)) == ["1 hybrid: b (text of 1)"]


def test_the_table_has_a_line_for_each_split_and_kind_that_was_asked() -> None:
    outcomes = [
        *both(query("1"), fulltext=["a"], hybrid=["a"]),
        *both(query("2", kind="error", split="held"), fulltext=["a"], hybrid=["a"]),
    ]

    begun = [line[:18].split() for line in table(outcomes)][2:]

    assert begun == [
        ["tune", "paraphrase"],
        ["tune", "all"],
        ["held", "error"],
        ["held", "all"],
        ["both", "error"],
        ["both", "paraphrase"],
        ["both", "all"],
    ]


async def test_each_query_is_asked_in_each_mode() -> None:
    asked = []

    async def search(q: str, type: str, limit: int) -> list[str]:
        asked.append((q, type, limit))
        return ["a"]

    outcomes = await run(search, [query("1")])

    assert asked == [("text of 1", mode, DEPTH) for mode in MODES]
    assert [outcome.mode for outcome in outcomes] == list(MODES)


def test_a_batch_names_the_session_of_each_message() -> None:
    sessions = [
        {"externalId": f"s{i}", "source": "pi", "messages": [{"externalId": f"m{i}"}]}
        for i in range(21)
    ]

    first, second = batches(sessions)

    assert len(first["sessions"]) == 20
    assert second["sessions"] == [{"externalId": "s20", "source": "pi"}]
    assert second["messages"] == [{"sessionExternalId": "s20", "source": "pi", "externalId": "m20"}]


SESSION = {"externalId": "s1", "source": "pi", "messages": [{"externalId": "m1"}]}
RECORD = ids.message_id(ids.session_id("u" * 15, "s1"), "m1")


class Embedding(Stack):
    """A stack whose embedder has so many left each time it is asked."""

    def __init__(self, folder: Path, pending: Sequence[int]) -> None:
        super().__init__(folder)
        self.left = list(pending)

    def command(self, *arguments: str) -> CompletedProcess[str]:
        assert arguments == ("embed", "status", "--json")
        status = {"pending": self.left.pop(0) if self.left else 1}
        return CompletedProcess(arguments, 0, json.dumps(status), "")


async def service(stack: Stack, realised: str = "hybrid") -> Service:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/me":
            return httpx.Response(200, json={"user": {"id": "u" * 15}})
        assert dict(request.url.params) == {
            "q": "a b",
            "type": "hybrid",
            "scope": "messages",
            "limit": "10",
        }
        results = [{"messageId": "x" * 15}, {"messageId": RECORD}]
        return httpx.Response(200, json={"results": results, "realisedMode": realised})

    http = httpx.AsyncClient(base_url="http://opensync.test", transport=httpx.MockTransport(answer))
    return await Service.connect(stack, http, [SESSION])


async def test_records_are_told_by_the_ids_of_the_set(tmp_path: Path) -> None:
    asked = await service(Stack(tmp_path))

    assert await asked.search("a b", "hybrid", 10) == ["x" * 15, "m1"]
    assert asked.degraded == []


async def test_an_answer_of_another_mode_is_noticed(tmp_path: Path) -> None:
    asked = await service(Stack(tmp_path), realised="fulltext")

    await asked.search("a b", "hybrid", 10)

    assert asked.degraded == ["hybrid was answered by fulltext: 'a b'"]


async def test_embedding_is_done_when_nothing_waits_twice_in_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_quality, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(search_quality, "SETTLING_SECONDS", 0.0)
    stack = Embedding(tmp_path, [3, 0, 2, 0, 0, 7])

    await (await service(stack)).wait_until_embedded()

    assert stack.left == [7]


async def test_embedding_that_never_ends_is_told_with_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_quality, "POLL_SECONDS", 0.0)
    (tmp_path / "up.log").write_text("the log")

    with pytest.raises(AssertionError, match='"pending": 1'):
        await (await service(Embedding(tmp_path, []))).wait_until_embedded(0.05)
