"""Reciprocal rank fusion."""

from __future__ import annotations

import pytest

from sidecar.domain.fusion import K, fused


def test_nothing_gives_nothing() -> None:
    assert fused([]) == []
    assert fused([(1.0, list[str]())]) == []


def test_one_ranking_keeps_its_order_and_its_first_gets_one() -> None:
    ordered = fused([(0.3, ["a", "b", "c"])])

    assert [key for key, _ in ordered] == ["a", "b", "c"]
    assert ordered[0][1] == pytest.approx(1.0)
    assert ordered[1][1] == pytest.approx((K + 1) / (K + 2))


def test_what_both_have_goes_before_what_one_has() -> None:
    assert [key for key, _ in fused([(1.0, ["a", "b"]), (1.0, ["c", "b"])])] == ["b", "a", "c"]


def test_weights_decide_between_the_firsts() -> None:
    assert [key for key, _ in fused([(1.0, ["a"]), (0.6, ["b"])])] == ["a", "b"]
    assert [key for key, _ in fused([(0.6, ["a"]), (1.0, ["b"])])] == ["b", "a"]


def test_equals_stand_as_the_first_ranking_has_them() -> None:
    assert [key for key, _ in fused([(1.0, ["a"]), (1.0, ["b"])])] == ["a", "b"]


def test_a_key_counts_once_in_a_ranking() -> None:
    assert fused([(1.0, ["a", "a", "b"])]) == fused([(1.0, ["a", "b"])])


def test_only_what_is_first_everywhere_gets_one() -> None:
    scores = dict(fused([(1.0, ["a", "b"]), (0.6, ["a", "b"])]))

    assert scores["a"] == pytest.approx(1.0)
    assert 0 < scores["b"] < 1
