"""Bad texts are found and left out; the others of their batch are embedded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.space import Space
from sidecar.embeddings.base import (
    EmbedderMisconfigured,
    EmbedderRefused,
    EmbedderUnavailable,
    Vectors,
)
from sidecar.embeddings.isolate import embed_each


class Picky:
    """Refuses a batch that holds one of the bad texts. A text's vector is its own length."""

    space = Space("picky", 1)
    max_batch = 2048
    max_input_tokens = 256
    window_bytes = 768

    def __init__(self, bad: Sequence[str] = ()) -> None:
        self.bad = bad
        self.calls: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(list(texts))
        if any(text in self.bad for text in texts):
            raise EmbedderRefused("No.")
        return np.array([[len(text)] for text in texts], np.float32)

    async def aclose(self) -> None: ...


@given(st.lists(st.sampled_from(["good", "better", "bad"])))
async def test_exactly_the_bad_texts_are_refused(texts: list[str]) -> None:
    done = await embed_each(Picky(["bad"]), texts)

    assert set(done.refused) == {place for place, text in enumerate(texts) if text == "bad"}
    assert done.vectors[:, 0].tolist() == [0 if t == "bad" else len(t) for t in texts]


async def test_good_texts_cost_one_call() -> None:
    embedder = Picky()

    await embed_each(embedder, ["good"] * 1_000)

    assert len(embedder.calls) == 1


async def test_one_bad_text_of_a_thousand_costs_few_calls() -> None:
    embedder = Picky(["bad"])

    done = await embed_each(embedder, ["good"] * 700 + ["bad"] + ["good"] * 299)

    assert list(done.refused) == [700]
    assert len(embedder.calls) <= 2 * 10 + 1


async def test_of_a_text_that_is_too_long_after_all_the_beginning_is_embedded() -> None:
    class Short(Picky):
        async def embed(self, texts: Sequence[str]) -> Vectors:
            if any(len(text) > 256 for text in texts):
                raise EmbedderRefused("Too many tokens.")
            return await super().embed(texts)

    done = await embed_each(Short(), ["good", "=" * 700, "good"])

    assert done.refused == {}
    assert done.vectors[:, 0].tolist() == [4, 248, 4]


async def test_no_texts_are_no_call() -> None:
    embedder = Picky()

    assert (await embed_each(embedder, [])).vectors.shape == (0, 1)
    assert embedder.calls == []


async def test_an_embedder_that_refuses_any_text_is_not_set_up_right() -> None:
    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_MODEL"):
        await embed_each(Picky(["bad", "hello"]), ["bad"])


async def test_an_embedder_that_is_away_is_not_asked_for_halves() -> None:
    class Away(Picky):
        async def embed(self, texts: Sequence[str]) -> Vectors:
            self.calls.append(list(texts))
            raise EmbedderUnavailable("Away.", 7)

    embedder = Away()

    with pytest.raises(EmbedderUnavailable) as caught:
        await embed_each(embedder, ["a", "b"])
    assert (len(embedder.calls), caught.value.retry_after) == (1, 7)
