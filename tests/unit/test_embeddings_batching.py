"""Texts split into requests: nothing lost, nothing over a limit, nothing empty."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.embeddings.batching import (
    BYTES_PER_TOKEN,
    Budget,
    batches,
    estimated_tokens,
    fitted,
    surely_fitted,
)

TEXTS = st.lists(st.one_of(st.text(max_size=60), st.sampled_from(["", " ", "漢" * 99, "x" * 99])))
BUDGETS = st.integers(8, 40).flatmap(
    lambda tokens: st.builds(Budget, st.integers(1, 5), st.integers(tokens, 90), st.just(tokens))
)


@given(TEXTS, BUDGETS)
def test_every_text_that_is_not_blank_is_sent_once_and_in_order(
    texts: list[str], budget: Budget
) -> None:
    sent = [place for batch in batches(texts, budget) for place in batch.positions]

    assert sent == [place for place, text in enumerate(texts) if text.strip()]


@given(TEXTS, BUDGETS)
def test_no_request_is_over_a_limit(texts: list[str], budget: Budget) -> None:
    for batch in batches(texts, budget):
        tokens = [estimated_tokens(text) for text in batch.texts]
        assert len(batch.texts) == len(batch.positions) <= budget.inputs
        assert max(tokens) <= budget.input_tokens
        assert sum(tokens) <= budget.request_tokens
        assert all(text.strip() for text in batch.texts)


@given(TEXTS, BUDGETS)
def test_no_two_neighbouring_requests_would_fit_into_one(texts: list[str], budget: Budget) -> None:
    made = list(batches(texts, budget))

    for before, after in zip(made, made[1:], strict=False):  # noqa: RUF007
        tokens = sum(map(estimated_tokens, [*before.texts, after.texts[0]]))
        assert len(before.texts) == budget.inputs or tokens > budget.request_tokens


@given(st.text(), st.integers(8, 50))
def test_a_text_is_cut_to_a_beginning_of_itself_that_can_be_sent(text: str, tokens: int) -> None:
    sent = fitted(text, tokens)

    assert text.replace("\0", "\ufffd").strip().startswith(sent)
    assert len(sent.encode()) <= tokens * BYTES_PER_TOKEN


@given(st.text(), st.integers(9, 50))
def test_a_text_that_must_fit_has_fewer_bytes_than_tokens(text: str, tokens: int) -> None:
    sent = surely_fitted(text, tokens)

    assert text.replace("\0", "\ufffd").strip().startswith(sent)
    assert len(sent.encode()) < tokens


def test_a_text_that_fits_is_sent_as_it_is() -> None:
    assert fitted("Hello, 漢字 🧪", 100) == "Hello, 漢字 🧪"


def test_broken_unicode_is_mended() -> None:
    assert fitted("half an emoji: \ud83d", 100) == "half an emoji: \ufffd"


def test_the_defaults_are_within_openais_limits() -> None:
    budget = Budget()

    assert (budget.inputs, budget.request_tokens, budget.input_tokens) == (2048, 300_000, 8191)


def test_many_short_texts_are_few_requests() -> None:
    assert [len(batch.texts) for batch in batches(["A short text."] * 5_000, Budget())] == [
        2048,
        2048,
        904,
    ]


def test_long_texts_share_a_request_up_to_its_tokens() -> None:
    assert [len(batch.texts) for batch in batches(["x" * 16_382] * 40, Budget())] == [36, 4]


def test_a_budget_that_no_text_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="No text fits"):
        Budget(request_tokens=100, input_tokens=200)
